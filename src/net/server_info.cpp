// INFO is split once into lines of key and value, sorted by key; everything else is a lookup or a walk over them.
#include "net/server_info.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace understudy::net {

namespace {

template <class Number>
std::optional<Number> whole(std::string_view text) {
    Number made{};
    const auto end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, made);
    if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
    return made;
}

// The value of `name` in "calls=3,usec=5"; empty where it is absent.
std::string_view field(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        const std::string_view one = list.substr(0, comma);
        if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
            return one.substr(name.size() + 1);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return {};
}

std::uint64_t count(std::string_view list, std::string_view name) {
    return whole<std::uint64_t>(field(list, name)).value_or(0);
}

// The number in "slave0", "db12".
std::optional<int> numbered(std::string_view key, std::string_view prefix) {
    if (!key.starts_with(prefix)) return std::nullopt;
    return whole<int>(key.substr(prefix.size()));
}

// The next number of a version, taken off its front.
int next_part(std::string_view& of) {
    int out = 0;
    for (; !of.empty() && of.front() >= '0' && of.front() <= '9'; of.remove_prefix(1))
        if (out < 1'000'000) out = out * 10 + (of.front() - '0');
    if (!of.empty()) of.remove_prefix(1);
    return out;
}

}  // namespace

bool older_version(std::string_view left, std::string_view right) {
    while (!left.empty() || !right.empty()) {
        const int a = next_part(left), b = next_part(right);
        if (a != b) return a < b;
    }
    return false;
}

info info::parse(std::string text) {
    info made;
    made.text_ = std::move(text);
    // Positions are kept in 32 bits; INFO is some kilobytes.
    const std::size_t end = std::min<std::size_t>(made.text_.size(), std::numeric_limits<std::uint32_t>::max());
    const std::string_view all(made.text_.data(), end);
    for (std::size_t at = 0; at < end;) {
        const std::size_t stop = std::min(all.find('\n', at), end);
        std::string_view one = all.substr(at, stop - at);
        if (one.ends_with('\r')) one.remove_suffix(1);
        const std::size_t colon = one.find(':');
        if (colon != std::string_view::npos && colon > 0 && one.front() != '#') {
            const auto key_at = static_cast<std::uint32_t>(at);
            const auto key_size = static_cast<std::uint32_t>(colon);
            made.lines_.push_back(
                {key_at, key_size, key_at + key_size + 1, static_cast<std::uint32_t>(one.size() - colon - 1)});
        }
        at = stop + 1;
    }
    // Lines of one key stay in their order.
    std::ranges::sort(made.lines_, {}, [&made](const line& of) { return std::pair(made.key_of(of), of.key_at); });
    return made;
}

std::string_view info::key_of(const line& of) const {
    return std::string_view(text_).substr(of.key_at, of.key_size);
}

std::string_view info::value_of(const line& of) const {
    return std::string_view(text_).substr(of.value_at, of.value_size);
}

std::optional<std::string_view> info::find(std::string_view key) const {
    const auto found = std::ranges::lower_bound(lines_, key, {}, [this](const line& of) { return key_of(of); });
    if (found == lines_.end() || key_of(*found) != key) return std::nullopt;
    return value_of(*found);
}

std::optional<std::int64_t> info::number(std::string_view key) const {
    const auto text = find(key);
    return text ? whole<std::int64_t>(*text) : std::nullopt;
}

std::vector<command_stat> info::commands() const {
    constexpr std::string_view prefix = "cmdstat_";
    std::vector<command_stat> made;
    for (const line& one : lines_) {
        const std::string_view key = key_of(one);
        if (!key.starts_with(prefix)) continue;
        const std::string_view list = value_of(one);
        made.push_back({std::string(key.substr(prefix.size())), count(list, "calls"), count(list, "usec"),
                        count(list, "rejected_calls"), count(list, "failed_calls")});
    }
    return made;
}

std::vector<database_stat> info::databases() const {
    std::vector<database_stat> made;
    for (const line& one : lines_)
        if (const auto number = numbered(key_of(one), "db"))
            made.push_back({*number, count(value_of(one), "keys"), count(value_of(one), "expires")});
    std::ranges::sort(made, {}, &database_stat::database);
    return made;
}

std::vector<std::pair<std::string, std::uint16_t>> info::replicas() const {
    std::vector<std::pair<std::string, std::uint16_t>> made;
    for (const line& one : lines_) {
        if (!numbered(key_of(one), "slave")) continue;
        const std::string_view list = value_of(one);
        const auto port = whole<std::uint16_t>(field(list, "port"));
        if (port) made.emplace_back(std::string(field(list, "ip")), *port);
    }
    return made;
}

std::vector<std::string> info::modules() const {
    std::vector<std::string> made;
    for (const line& one : lines_) {
        const std::string_view list = value_of(one);
        if (key_of(one) == "module" && !field(list, "name").empty())
            made.push_back(std::string(field(list, "name")) + " " + std::string(field(list, "ver")));
    }
    std::ranges::sort(made);
    return made;
}

result<server_facts> facts_of(const info& from, std::string where) {
    server_facts made;
    const auto valkey = from.find("valkey_version");
    made.software = valkey ? "valkey" : "redis";
    made.version = valkey ? std::string(*valkey) : from.text("redis_version");
    made.run_id = from.text("run_id");
    made.replid = from.text("master_replid");
    made.replid2 = from.text("master_replid2");
    made.role = from.text("role");
    made.master_host = from.text("master_host");
    made.master_port = whole<std::uint16_t>(from.text("master_port")).value_or(0);
    made.replicas = from.replicas();
    made.maxmemory_policy = from.text("maxmemory_policy");
    made.maxmemory = whole<std::uint64_t>(from.text("maxmemory")).value_or(0);
    made.uptime_seconds = from.number("uptime_in_seconds").value_or(0);
    made.loading = from.number("loading").value_or(0) != 0;
    made.cluster = from.number("cluster_enabled").value_or(0) != 0;
    if (made.run_id.empty() || made.role.empty())
        return fail(errc::protocol, "INFO does not say run_id and role; which server this is cannot be known", where);
    return made;
}

result<info> detail::info_from(const resp::value& reply, std::string where) {
    const auto text = reply.as_text();
    if (!text) return fail(errc::protocol, "the answer to INFO is not text", std::move(where));
    return info::parse(std::string(*text));
}

}  // namespace understudy::net
