// apply/settings.h - a server's settings (CONFIG GET *), without those that are secrets.
//
// Of a Redis Cluster each primary is asked. Settings that belong to a node by their nature (its port, its files, how it
// announces itself) are left out; the others have to be the same on all of them, and are one map then.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"
#include "net/read_only_cluster.h"
#include "net/write_link.h"
#include "resp/value.h"

namespace understudy::apply {

using settings = std::map<std::string, std::string>;

// requirepass, masterauth, tls-key-file-pass and their kin: never read into memory of ours that is kept or shown.
[[nodiscard]] bool is_secret_setting(std::string_view name);
// port, dir, cluster-announce-ip and their kin: another one on each node of a Cluster.
[[nodiscard]] bool is_node_setting(std::string_view name);
// From the reply to CONFIG GET, under RESP2 and RESP3.
[[nodiscard]] settings settings_from(const resp::value& reply);

// Of one server. errc::no_permission where CONFIG GET is not granted (many managed services).
template <class Link>
[[nodiscard]] result<settings> read_settings(Link& link, net::deadline until, std::string_view pattern = "*") {
    UNDERSTUDY_LET(reply, link.call(net::command{"CONFIG", "GET", std::string(pattern)}, until));
    return settings_from(reply);
}

// The primaries' settings as one map, node settings left out; where they differ the value is "A | B", the values that
// there are.
[[nodiscard]] settings joined(const std::vector<settings>& of_each);
// Names of those that differ.
[[nodiscard]] std::vector<std::string> differing(const std::vector<settings>& of_each);

// Of each server behind a link, in their order; of a Cluster without node settings.
[[nodiscard]] result<std::vector<settings>> settings_of_each(net::write_link& link, net::deadline until);
[[nodiscard]] result<std::vector<settings>> settings_of_each(net::read_only_cluster& of, net::deadline until);

// The one map. errc::drift where primaries of one Cluster disagree; it names the settings.
[[nodiscard]] result<settings> agreed_settings(const std::vector<settings>& of_each, const std::string& where);

template <class Link>
[[nodiscard]] result<settings> read_agreed_settings(Link& link, net::deadline until) {
    UNDERSTUDY_LET(each, settings_of_each(link, until));
    return agreed_settings(each, link.where());
}

}  // namespace understudy::apply
