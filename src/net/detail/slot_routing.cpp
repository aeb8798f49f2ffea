#include "net/detail/slot_routing.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "keyspace/slot.h"
#include "net/detail/permitted.h"

namespace understudy::net::detail {

namespace {

using namespace std::string_view_literals;

struct key_place {
    std::string_view name;  // as name_of gives it
    std::size_t first;      // word of the first key
    bool all = false;       // every word from there on is a key
};

constexpr std::array places{
    key_place{"DEL", 1, true},    key_place{"DUMP", 1},
    key_place{"EXISTS", 1, true}, key_place{"EXPIRE", 1},
    key_place{"GET", 1},          key_place{"HGETALL", 1},
    key_place{"LRANGE", 1},       key_place{"MEMORY USAGE", 2},
    key_place{"OBJECT FREQ", 2},  key_place{"OBJECT IDLETIME", 2},
    key_place{"PERSIST", 1},      key_place{"PEXPIRE", 1},
    key_place{"PEXPIREAT", 1},    key_place{"PEXPIRETIME", 1},
    key_place{"PTTL", 1},         key_place{"RESTORE", 1},
    key_place{"SET", 1},          key_place{"SMEMBERS", 1},
    key_place{"TTL", 1},          key_place{"TYPE", 1},
    key_place{"UNLINK", 1, true}, key_place{"ZRANGE", 1},
};

class router {
public:
    router(const topology& shape, const std::string& where) : shape_(shape), where_(where) {}

    // The commands of one transaction, or one command alone.
    result<std::size_t> owner(std::span<const command> together) const {
        std::optional<std::uint16_t> slot;
        for (const command& words : together)
            UNDERSTUDY_TRY(look(words, slot));
        if (!slot)
            return std::unexpected(
                forbidden(together.front(),
                          "it has no key, so it is for one primary and not for a Cluster; nothing was sent", where_));
        const auto index = shape_.owner(*slot);
        if (!index)
            return fail(errc::cluster_unsettled, "nobody serves slot " + std::to_string(*slot) + "; nothing was sent",
                        where_);
        return *index;
    }

private:
    status look(const command& words, std::optional<std::uint16_t>& slot) const {
        const auto name = name_of(words);
        const auto place = std::ranges::find(places, name, &key_place::name);
        if (place == places.end()) return {};
        const std::size_t end = place->all ? words.size() : std::min(words.size(), place->first + 1);
        for (std::size_t i = place->first; i < end; ++i) {
            const auto its = keyspace::slot_of(words[i]);
            if (slot && *slot != its)
                return std::unexpected(
                    forbidden(words, "its keys are in different slots of the Cluster; nothing was sent", where_));
            slot = its;
        }
        return {};
    }

    const topology& shape_;
    const std::string& where_;
};

}  // namespace

result<std::vector<std::size_t>> owners_of(std::span<const command> commands, const topology& shape,
                                           const std::string& where) {
    const router by(shape, where);
    std::vector<std::size_t> out(commands.size());
    for (std::size_t from = 0; from < commands.size();) {
        std::size_t to = from + 1;
        if (name_of(commands[from]) == "MULTI")
            while (to < commands.size() && name_of(commands[to - 1]) != "EXEC")
                ++to;
        UNDERSTUDY_LET(owner, by.owner(commands.subspan(from, to - from)));
        std::fill(out.begin() + static_cast<std::ptrdiff_t>(from), out.begin() + static_cast<std::ptrdiff_t>(to),
                  owner);
        from = to;
    }
    return out;
}

bool refused_elsewhere(const resp::value& reply) {
    const auto word = reply.error_word();
    if (word == "MOVED" || word == "ASK" || word == "TRYAGAIN" || word == "CLUSTERDOWN") return true;
    return std::ranges::any_of(reply.elements,
                               [](const auto& one) { return one.is_error() && refused_elsewhere(one); });
}

}  // namespace understudy::net::detail
