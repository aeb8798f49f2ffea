// apply/settings.h - a server's settings (CONFIG GET *), without those that are secrets.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "resp/value.h"

namespace understudy::apply {

using settings = std::map<std::string, std::string>;

// requirepass, masterauth, tls-key-file-pass and their kin: never read into memory of ours that is kept or shown.
[[nodiscard]] bool is_secret_setting(std::string_view name);
// From the reply to CONFIG GET, under RESP2 and RESP3.
[[nodiscard]] settings settings_from(const resp::value& reply);

// errc::no_permission where CONFIG GET is not granted (many managed services).
template <class Link>
[[nodiscard]] result<settings> read_settings(Link& link, net::deadline until, std::string_view pattern = "*") {
    UNDERSTUDY_LET(reply, link.call(net::command{"CONFIG", "GET", std::string(pattern)}, until));
    return settings_from(reply);
}

}  // namespace understudy::apply
