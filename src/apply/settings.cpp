#include "apply/settings.h"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>

namespace understudy::apply {

namespace {

using namespace std::string_view_literals;

// Where a node listens and keeps its files, how it names itself to others, and on which processors it runs.
constexpr std::array node_settings{
    "aclfile"sv,
    "aof-rewrite-cpulist"sv,
    "aof_rewrite_cpulist"sv,
    "appenddirname"sv,
    "appendfilename"sv,
    "availability-zone"sv,
    "bgsave-cpulist"sv,
    "bgsave_cpulist"sv,
    "bind"sv,
    "bind-source-addr"sv,
    "bio-cpulist"sv,
    "bio_cpulist"sv,
    "cluster-config-file"sv,
    "cluster-port"sv,
    "dbfilename"sv,
    "dir"sv,
    "logfile"sv,
    "pidfile"sv,
    "port"sv,
    "replica-priority"sv,
    "replicaof"sv,
    "server-cpulist"sv,
    "server_cpulist"sv,
    "slave-priority"sv,
    "slaveof"sv,
    "syslog-ident"sv,
    "tls-cert-file"sv,
    "tls-client-cert-file"sv,
    "tls-client-key-file"sv,
    "tls-key-file"sv,
    "tls-port"sv,
    "unixsocket"sv,
};

template <class Reads>
result<settings> without_node_settings(Reads& link, net::deadline until, bool cluster) {
    UNDERSTUDY_LET(all, read_settings(link, until));
    if (cluster) std::erase_if(all, [](const auto& one) { return is_node_setting(one.first); });
    return std::move(all);
}

}  // namespace

bool is_secret_setting(std::string_view name) {
    return name == "requirepass" || name == "masterauth" || name == "masteruser" || name == "primaryauth" ||
           name == "primaryuser" || name.find("pass") != std::string_view::npos;
}

bool is_node_setting(std::string_view name) {
    return name.find("announce") != std::string_view::npos ||
           std::ranges::find(node_settings, name) != node_settings.end();
}

settings settings_from(const resp::value& reply) {
    settings out;
    for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
        const auto name = reply.elements[i].as_text();
        const auto value = reply.elements[i + 1].as_text();
        if (name && value && !is_secret_setting(*name)) out.emplace(*name, *value);
    }
    return out;
}

settings joined(const std::vector<settings>& of_each) {
    std::map<std::string, std::set<std::string>> values;
    for (const auto& one : of_each)
        for (const auto& [name, value] : one)
            values[name].insert(value);
    settings out;
    for (const auto& [name, all] : values) {
        std::string text;
        for (const auto& value : all)
            text += (&value == &*all.begin() ? "" : " | ") + value;
        out.emplace(name, std::move(text));
    }
    return out;
}

std::vector<std::string> differing(const std::vector<settings>& of_each) {
    std::vector<std::string> out;
    if (of_each.empty()) return out;
    for (const auto& [name, value] : joined(of_each)) {
        const auto has_it = [&](const settings& one) {
            const auto found = one.find(name);
            return found != one.end() && found->second == value;
        };
        if (!std::ranges::all_of(of_each, has_it)) out.push_back(name);
    }
    return out;
}

result<std::vector<settings>> settings_of_each(net::write_link& link, net::deadline until) {
    std::vector<settings> out;
    for (auto* one : link.primaries()) {
        UNDERSTUDY_LET(its, without_node_settings(*one, until, link.shape() != nullptr));
        out.push_back(std::move(its));
    }
    return out;
}

result<std::vector<settings>> settings_of_each(net::read_only_cluster& of, net::deadline until) {
    std::vector<settings> out;
    for (auto& one : of.primaries()) {
        UNDERSTUDY_LET(its, without_node_settings(one.link, until, of.is_cluster()));
        out.push_back(std::move(its));
    }
    return out;
}

result<settings> agreed_settings(const std::vector<settings>& of_each, const std::string& where) {
    const auto names = differing(of_each);
    if (names.empty()) return joined(of_each);
    std::string text;
    for (const auto& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return fail(errc::drift,
                fmt::format("the primaries of this Redis Cluster are not set alike, so there is no one state to come "
                            "back to: {}. Set them alike first",
                            text),
                where);
}

}  // namespace understudy::apply
