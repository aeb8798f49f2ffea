// database/statement_text.h - a statement as it may be shown: without comments, literals and numbers.
//
// Databases normalise most statements by themselves, but not all: utility statements of PostgreSQL keep their literals,
// and comments may carry what an application tags its statements with. So everything that could be a value goes, here,
// whatever the database did. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace understudy::database {

inline constexpr std::size_t max_statement_text = 1024;

enum class dialect : std::uint8_t {
    postgresql,  // "name" is an identifier, $tag$ opens a string, a backslash counts in E'...' only
    mysql,       // "text" is a string, `name` an identifier, a backslash counts, # opens a comment
};

// Each literal, number and parameter becomes "?", a list of them "?, ..."; comments vanish and white space is one
// space. What is not closed counts as reaching to the end. At most max_statement_text bytes, "..." at the end where it
// was cut, never within a character. Cost: O(bytes).
[[nodiscard]] std::string shown_statement(std::string_view sql, dialect spoken);

// Whether a statement asks for data, as the hooks of frameworks count: not BEGIN, COMMIT, SET, SHOW and their kin,
// which only steer the session. Leading comments are passed over; an empty text asks for nothing.
[[nodiscard]] bool asks_for_data(std::string_view sql, dialect spoken);

}  // namespace understudy::database
