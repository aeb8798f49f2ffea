// resp/writer.h - writes requests, and replies for servers that tests play.
//
// Everything is appended to a string the caller owns, so that a pipeline is one buffer and one write.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

#include "resp/value.h"

namespace understudy::resp {

// One command as an array of bulk strings; any byte may stand in an argument. No arguments append nothing, since
// Redis does not answer an empty command.
void append_command(std::string& out, std::span<const std::string_view> arguments);
void append_command(std::string& out, std::initializer_list<std::string_view> arguments);
void append_command(std::string& out, std::span<const std::string> arguments);

// A command in pieces: how many arguments it will have, then each of them.
void begin_command(std::string& out, std::size_t arguments);
void append_argument(std::string& out, std::string_view argument);

// One reply. `protocol` is 2 or 3; under 2 the kinds of RESP3 become what Redis sends in their place: a map a flat
// array, a set or push an array, a real, big number or verbatim string a bulk string, a boolean 0 or 1, a bulk error a
// line, and attributes are left out. CR and LF in a line become spaces. Without recursion.
void append_value(std::string& out, const value& reply, int protocol);

}  // namespace understudy::resp
