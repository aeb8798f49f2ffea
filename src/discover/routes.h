// discover/routes.h - from targets that were asked for to the few routes behind them: "/category/{slug}/".
//
// Paths go into a tree of segments. A number or a short code is {id} at once. Of words nobody can tell alone whether
// they are a page ("terms") or a thing ("red-kettle"): that is decided when all are in, by how many stand beside each
// other, how they look, and what they stand under ("products"). A node that has too many words beside each other is
// merged on the way, so memory stays bounded however many things there are.
//
// What may tell of a person is never kept: targets with addresses, names, long numbers or codes are counted and left
// out; values in query strings are dropped, names of parameters are kept only where they are plain words. Routes for
// things under "users", "members" and the like are told of without any value.
//
// Not thread-safe; one miner, one source. Pure. Cost of add(): O(bytes of the target), finish(): O(nodes).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::discover {

struct miner_limits {
    std::size_t target_bytes = 1024;
    std::size_t segments = 10;
    std::size_t nodes = 20'000;
    std::size_t words = 64;  // beside each other, before they are merged
    std::size_t examples = 3;
    std::size_t queries = 200;
};

// Why a target is not among the routes.
enum class left_out : std::uint8_t {
    personal,   // an address, a name
    token,      // a long number or code
    acts,       // logs out, deletes, admin
    asset,      // a file
    malformed,  // no path that a request can hold
    too_many,   // over a limit of the miner
};
inline constexpr std::size_t left_out_kinds = 6;
[[nodiscard]] std::string_view name_of(left_out why);

struct found_route {
    std::string path;  // with placeholders: {id}, {slug}, {name}, the second of a kind {id2} ...
    // Values for the placeholders, the most frequent first, at most miner_limits::examples. One that is empty where the
    // path has none; none at all where values would name people.
    std::vector<std::map<std::string, std::string>> inputs;
    std::uint64_t requests = 0;
    double seconds = 0;       // of those whose time is known
    std::uint64_t timed = 0;  // so many
};

// Asked for with a query. The values are gone; the names are those that are plain words.
struct found_query {
    std::string path;
    std::vector<std::string> names;
    std::uint64_t requests = 0;
};

struct found_routes {
    std::vector<found_route> routes;   // those that cost most time first, or the most frequent where no time is known
    std::vector<found_query> queries;  // the most frequent first
    std::array<std::uint64_t, left_out_kinds> left_out{};
    [[nodiscard]] std::uint64_t without(discover::left_out why) const {
        return left_out[static_cast<std::size_t>(why)];
    }
};

class route_miner {
public:
    explicit route_miner(miner_limits limits = {});
    ~route_miner();
    route_miner(route_miner&&) noexcept;
    route_miner& operator=(route_miner&&) noexcept;

    // One request for a target: path and query as they stand in the request line.
    void add(std::string_view target, std::optional<double> seconds = {});
    // What there is by now. May be called once: it merges in place.
    [[nodiscard]] found_routes finish() &&;

private:
    struct node;
    void skip(left_out why) { ++left_out_[static_cast<std::size_t>(why)]; }
    void note_query(const std::string& path, std::string_view query);
    [[nodiscard]] node* child_of(node& parent, const std::string& key, bool last);

    miner_limits limits_;
    std::unique_ptr<node> root_;
    std::size_t nodes_ = 1;
    std::map<std::string, found_query> queries_;
    std::array<std::uint64_t, left_out_kinds> left_out_{};
};

// A name for [routes.NAME]: the path's words, "category" for "/category/{slug}/", "home" for "/". One that is in
// `taken` gets a number.
[[nodiscard]] std::string route_name(std::string_view path, const std::vector<std::string>& taken);

}  // namespace understudy::discover
