// One sorted array and one lookup. The compiler checks that the array is sorted, in upper case, and says nothing twice.
// A lookup finds the rows of a command by binary search; when any of them has a subcommand, the second word of the
// request must be one of those, or be missing if there is a row for that.
#include "resp/commands.h"

#include <algorithm>
#include <array>

namespace understudy::resp {
namespace {

// A new row also needs a look at what the command does by its arguments, for the rest of a command is not looked at.
// tests/live/resp_live_test.cpp holds every row against a server's COMMAND INFO.
constexpr auto table = std::to_array<allowed_command>({
    {"ACL", "CAT", use::admin_read, 600},
    {"ACL", "DRYRUN", use::admin_read, 700},
    {"ACL", "GETUSER", use::admin_read, 600},
    {"ACL", "USERS", use::admin_read, 600},
    {"ACL", "WHOAMI", use::admin_read, 600},
    {"ASKING", "", use::session, 300},
    {"AUTH", "", use::session, 100},
    {"BITCOUNT", "", use::read, 206},
    {"BITFIELD_RO", "", use::read, 600},
    {"BITPOS", "", use::read, 208},
    {"CLIENT", "GETNAME", use::session, 206},
    {"CLIENT", "ID", use::session, 500},
    {"CLIENT", "INFO", use::session, 602},
    {"CLIENT", "LIST", use::admin_read, 204},
    {"CLIENT", "NO-TOUCH", use::session, 702},
    {"CLIENT", "SETINFO", use::session, 702},
    {"CLIENT", "SETNAME", use::session, 206},
    {"CLUSTER", "COUNTKEYSINSLOT", use::admin_read, 300},
    {"CLUSTER", "GETKEYSINSLOT", use::admin_read, 300},
    {"CLUSTER", "INFO", use::admin_read, 300},
    {"CLUSTER", "KEYSLOT", use::admin_read, 300},
    {"CLUSTER", "LINKS", use::admin_read, 700},
    {"CLUSTER", "MYID", use::admin_read, 300},
    {"CLUSTER", "MYSHARDID", use::admin_read, 702},
    {"CLUSTER", "NODES", use::admin_read, 300},
    {"CLUSTER", "REPLICAS", use::admin_read, 500},
    {"CLUSTER", "SHARDS", use::admin_read, 700},
    {"CLUSTER", "SLOTS", use::admin_read, 300},
    {"COMMAND", "", use::admin_read, 208},
    {"COMMAND", "COUNT", use::admin_read, 208},
    {"COMMAND", "DOCS", use::admin_read, 700},
    {"COMMAND", "GETKEYS", use::admin_read, 208},
    {"COMMAND", "GETKEYSANDFLAGS", use::admin_read, 700},
    {"COMMAND", "INFO", use::admin_read, 208},
    {"COMMAND", "LIST", use::admin_read, 700},
    {"CONFIG", "GET", use::admin_read, 200},
    {"DBSIZE", "", use::read, 100},
    {"DISCARD", "", use::session, 200},
    {"DUMP", "", use::read, 206},
    {"ECHO", "", use::session, 100},
    {"EXEC", "", use::session, 102},
    {"EXISTS", "", use::read, 100},
    {"EXPIRETIME", "", use::read, 700},
    {"FUNCTION", "LIST", use::admin_read, 700},
    {"FUNCTION", "STATS", use::admin_read, 700},
    {"GEODIST", "", use::read, 302},
    {"GEOHASH", "", use::read, 302},
    {"GEOPOS", "", use::read, 302},
    {"GEOSEARCH", "", use::read, 602},
    {"GET", "", use::read, 100},
    {"GETBIT", "", use::read, 202},
    {"GETRANGE", "", use::read, 204},
    {"HELLO", "", use::session, 600},
    {"HEXISTS", "", use::read, 200},
    {"HEXPIRETIME", "", use::read, 704},
    {"HGET", "", use::read, 200},
    {"HGETALL", "", use::read, 200},
    {"HKEYS", "", use::read, 200},
    {"HLEN", "", use::read, 200},
    {"HMGET", "", use::read, 200},
    {"HPEXPIRETIME", "", use::read, 704},
    {"HPTTL", "", use::read, 704},
    {"HRANDFIELD", "", use::read, 602},
    {"HSCAN", "", use::read, 208},
    {"HSTRLEN", "", use::read, 302},
    {"HTTL", "", use::read, 704},
    {"HVALS", "", use::read, 200},
    {"INFO", "", use::admin_read, 100},
    {"LASTSAVE", "", use::admin_read, 100},
    {"LATENCY", "DOCTOR", use::admin_read, 208},
    {"LATENCY", "GRAPH", use::admin_read, 208},
    {"LATENCY", "HISTOGRAM", use::admin_read, 700},
    {"LATENCY", "HISTORY", use::admin_read, 208},
    {"LATENCY", "LATEST", use::admin_read, 208},
    {"LINDEX", "", use::read, 100},
    {"LLEN", "", use::read, 100},
    {"LPOS", "", use::read, 600},
    {"LRANGE", "", use::read, 100},
    {"MEMORY", "DOCTOR", use::admin_read, 400},
    {"MEMORY", "MALLOC-STATS", use::admin_read, 400},
    {"MEMORY", "STATS", use::admin_read, 400},
    {"MEMORY", "USAGE", use::read, 400},
    {"MGET", "", use::read, 100},
    {"MODULE", "LIST", use::admin_read, 400},
    {"MULTI", "", use::session, 102},
    {"OBJECT", "ENCODING", use::read, 202},
    {"OBJECT", "FREQ", use::read, 400},
    {"OBJECT", "IDLETIME", use::read, 202},
    {"OBJECT", "REFCOUNT", use::read, 202},
    {"PEXPIRETIME", "", use::read, 700},
    {"PING", "", use::session, 100},
    {"PTTL", "", use::read, 206},
    {"PUBSUB", "CHANNELS", use::admin_read, 208},
    {"PUBSUB", "NUMPAT", use::admin_read, 208},
    {"PUBSUB", "NUMSUB", use::admin_read, 208},
    {"PUBSUB", "SHARDCHANNELS", use::admin_read, 700},
    {"PUBSUB", "SHARDNUMSUB", use::admin_read, 700},
    {"QUIT", "", use::session, 100},
    {"RANDOMKEY", "", use::read, 100},
    {"READONLY", "", use::session, 300},
    {"READWRITE", "", use::session, 300},
    {"RESET", "", use::session, 602},
    {"ROLE", "", use::admin_read, 208},
    {"SCAN", "", use::read, 208},
    {"SCARD", "", use::read, 100},
    {"SELECT", "", use::session, 100},
    {"SISMEMBER", "", use::read, 100},
    {"SLOWLOG", "GET", use::admin_read, 202},
    {"SLOWLOG", "LEN", use::admin_read, 202},
    {"SMEMBERS", "", use::read, 100},
    {"SMISMEMBER", "", use::read, 602},
    {"SRANDMEMBER", "", use::read, 100},
    {"SSCAN", "", use::read, 208},
    {"STRLEN", "", use::read, 202},
    {"TIME", "", use::admin_read, 206},
    {"TTL", "", use::read, 100},
    {"TYPE", "", use::read, 100},
    {"XINFO", "CONSUMERS", use::read, 500},
    {"XINFO", "GROUPS", use::read, 500},
    {"XINFO", "STREAM", use::read, 500},
    {"XLEN", "", use::read, 500},
    {"XPENDING", "", use::read, 500},
    {"XRANGE", "", use::read, 500},
    {"XREVRANGE", "", use::read, 500},
    {"ZCARD", "", use::read, 102},
    {"ZCOUNT", "", use::read, 200},
    {"ZLEXCOUNT", "", use::read, 208},
    {"ZMSCORE", "", use::read, 602},
    {"ZRANDMEMBER", "", use::read, 602},
    {"ZRANGE", "", use::read, 102},
    {"ZRANGEBYLEX", "", use::read, 208},
    {"ZRANGEBYSCORE", "", use::read, 105},
    {"ZRANK", "", use::read, 200},
    {"ZREVRANGE", "", use::read, 102},
    {"ZREVRANGEBYSCORE", "", use::read, 202},
    {"ZREVRANK", "", use::read, 200},
    {"ZSCAN", "", use::read, 208},
    {"ZSCORE", "", use::read, 102},
});

constexpr char upper(char c) noexcept {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// Order of `name`, in any case, against a name of the table.
constexpr int compare(std::string_view name, std::string_view listed) noexcept {
    const std::size_t common = std::min(name.size(), listed.size());
    for (std::size_t i = 0; i < common; ++i)
        if (upper(name[i]) != listed[i])
            return static_cast<unsigned char>(upper(name[i])) < static_cast<unsigned char>(listed[i]) ? -1 : 1;
    if (name.size() == listed.size()) return 0;
    return name.size() < listed.size() ? -1 : 1;
}

constexpr bool in_order(const allowed_command& left, const allowed_command& right) noexcept {
    return left.command != right.command ? left.command < right.command : left.subcommand < right.subcommand;
}

constexpr bool is_upper(std::string_view name) noexcept {
    return std::ranges::none_of(name, [](char c) { return c != upper(c); });
}

static_assert(std::ranges::adjacent_find(table, [](const auto& l, const auto& r) { return !in_order(l, r); }) ==
                  table.end(),
              "the table is sorted and names nothing twice");
static_assert(std::ranges::all_of(table, [](const auto& row) {
    return !row.command.empty() && is_upper(row.command) && is_upper(row.subcommand);
}));

std::span<const allowed_command> rows_of(std::string_view command) noexcept {
    const auto first = std::ranges::partition_point(
        table, [&](const allowed_command& row) { return compare(command, row.command) > 0; });
    const auto last = std::find_if(first, table.end(),
                                   [&](const allowed_command& row) { return compare(command, row.command) != 0; });
    return {first, last};
}

}  // namespace

std::span<const allowed_command> allowed_commands() noexcept {
    return table;
}

std::optional<use> allowed_on_production(std::span<const std::string_view> arguments) noexcept {
    if (arguments.empty()) return std::nullopt;
    const auto rows = rows_of(arguments.front());
    if (rows.empty()) return std::nullopt;
    // The subcommand of COMMAND's last row is not empty: its second word is one of the listed, or it is sent bare.
    const bool has_subcommands = !rows.back().subcommand.empty();
    const std::string_view second = has_subcommands && arguments.size() > 1 ? arguments[1] : std::string_view();
    if (has_subcommands && arguments.size() > 1 && second.empty()) return std::nullopt;
    for (const allowed_command& row : rows)
        if (compare(second, row.subcommand) == 0) return row.use;
    return std::nullopt;
}

std::string_view name_of(use what) noexcept {
    switch (what) {
        case use::read:
            return "read";
        case use::session:
            return "session";
        case use::admin_read:
            return "admin read";
    }
    return "";
}

}  // namespace understudy::resp
