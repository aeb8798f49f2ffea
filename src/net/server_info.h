// net/server_info.h - the text of INFO taken apart, and the few facts that say which server this is.
//
// Pure but for the two templates, which send INFO through a link of any kind.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "net/command.h"
#include "net/deadline.h"

namespace understudy::net {

// One line of INFO commandstats: cmdstat_get:calls=3,usec=5,usec_per_call=1.67,rejected_calls=0,failed_calls=0
struct command_stat {
    std::string name;  // "get", "config|get"
    std::uint64_t calls = 0;
    std::uint64_t usec = 0;
    std::uint64_t rejected = 0;  // 0 before 6.2, which does not say
    std::uint64_t failed = 0;
};

// One line of INFO keyspace: db0:keys=3,expires=1,avg_ttl=0
struct database_stat {
    int database = 0;
    std::uint64_t keys = 0;
    std::uint64_t expires = 0;
};

class info {
public:
    // Lines that are no key:value are passed over; of a key that comes twice the first counts. Never fails.
    [[nodiscard]] static info parse(std::string text);

    // The value of a key of any section, by its exact name; a view into this object.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
    // The same as a whole number; empty optional where the key is absent or is no whole number.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view key) const;
    [[nodiscard]] std::string text(std::string_view key) const { return std::string(find(key).value_or("")); }

    [[nodiscard]] std::vector<command_stat> commands() const;
    [[nodiscard]] std::vector<database_stat> databases() const;
    // host and port of each replica of a master (slaveN:ip=..,port=..).
    [[nodiscard]] std::vector<std::pair<std::string, std::uint16_t>> replicas() const;
    // Name and version of each module that is loaded: "search 20608".
    [[nodiscard]] std::vector<std::string> modules() const;
    [[nodiscard]] std::size_t size() const noexcept { return lines_.size(); }

private:
    struct line {
        std::uint32_t key_at, key_size, value_at, value_size;
    };
    [[nodiscard]] std::string_view key_of(const line& of) const;
    [[nodiscard]] std::string_view value_of(const line& of) const;

    std::string text_;
    std::vector<line> lines_;  // sorted by key
};

struct server_facts {
    std::string version;   // redis_version, or valkey_version where there is one
    std::string software;  // "redis" or "valkey"
    std::string run_id;
    std::string replid;
    std::string replid2;  // all zeros when the server never was a replica
    std::string role;     // "master" or "slave"
    std::string master_host;
    std::uint16_t master_port = 0;  // 0: no master
    std::vector<std::pair<std::string, std::uint16_t>> replicas;
    std::string maxmemory_policy;
    std::uint64_t maxmemory = 0;
    std::int64_t uptime_seconds = 0;
    bool loading = false;
    bool cluster = false;  // a node of a Redis Cluster
};

// Whether one version is before the other, part by part as numbers: 7.0.9 is before 7.0.15.
[[nodiscard]] bool older_version(std::string_view left, std::string_view right);

// errc::protocol where run_id or role are missing, since nothing can be said of such a server.
[[nodiscard]] result<server_facts> facts_of(const info& from, std::string where);

// Sends INFO with one section ("all", "commandstats" ...; empty: the default ones) through a link.
template <class Link>
[[nodiscard]] result<info> read_info(Link& link, deadline until, std::string_view section = {});

// Version, identity, role and policy of the server behind a link.
template <class Link>
[[nodiscard]] result<server_facts> read_server_facts(Link& link, deadline until) {
    UNDERSTUDY_LET(text, read_info(link, until));
    return facts_of(text, link.where());
}

namespace detail {
[[nodiscard]] result<info> info_from(const resp::value& reply, std::string where);
}

template <class Link>
result<info> read_info(Link& link, deadline until, std::string_view section) {
    command words{"INFO"};
    if (!section.empty()) words.emplace_back(section);
    UNDERSTUDY_LET(reply, link.call(words, until));
    return detail::info_from(reply, link.where());
}

}  // namespace understudy::net
