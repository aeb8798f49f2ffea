// Design: a tree of nodes whose children are found by word, or by one of the keys "{id}", "{slug}", "{name}" (no word
// holds a brace). A node has a leaf for the path that ends there and one for the same path with a slash at its end. A
// leaf keeps the concrete segments of its most frequent paths, so that the inputs of a route with two placeholders are
// pairs that really occur; where a path names people it keeps none.
#include "discover/routes.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "discover/detail/segment.h"

namespace understudy::discover {

namespace {

using detail::segment_kind;

constexpr std::string_view id_key = "{id}";
constexpr std::string_view slug_key = "{slug}";
constexpr std::string_view name_key = "{name}";

struct example {
    std::vector<std::string> segments;
    std::uint64_t requests = 0;
};

struct leaf {
    std::uint64_t requests = 0;
    double seconds = 0;
    std::uint64_t timed = 0;
    std::vector<example> examples;
};

// Twice as many as are told of are kept, so that one that turns out frequent late still has a place.
void keep(std::vector<example>& examples, example one, std::size_t most) {
    const auto same = std::ranges::find(examples, one.segments, &example::segments);
    if (same != examples.end()) {
        same->requests += one.requests;
        return;
    }
    if (examples.size() >= 2 * most) {
        // The rarest gives its place and its count to the new one (space saving, Metwally 2005).
        const auto rarest = std::ranges::min_element(examples, {}, &example::requests);
        one.requests += rarest->requests;
        *rarest = std::move(one);
        return;
    }
    examples.push_back(std::move(one));
}

void absorb(leaf& into, leaf&& from, std::size_t most) {
    into.requests += from.requests;
    into.seconds += from.seconds;
    into.timed += from.timed;
    for (auto& one : from.examples)
        keep(into.examples, std::move(one), most);
}

bool is_key(std::string_view text) {
    return text.starts_with('{');
}

// Parameters that tell where a visitor came from, and do not change the page.
bool is_tracking(std::string_view name) {
    static constexpr std::array<std::string_view, 8> known{"fbclid", "gclid",  "msclkid", "_ga",
                                                           "_gl",    "mc_cid", "mc_eid",  "igshid"};
    return name.starts_with("utm_") || std::ranges::find(known, name) != known.end();
}

bool is_plain_name(std::string_view name) {
    return !name.empty() && name.size() <= 24 && name.front() >= 'a' && name.front() <= 'z' &&
           std::ranges::all_of(name, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::set<std::string> parameter_names(std::string_view query) {
    std::set<std::string> out;
    while (!query.empty() && out.size() < 8) {
        const auto part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        const auto name = part.substr(0, part.find('='));
        if (!name.empty() && !is_tracking(name)) out.emplace(is_plain_name(name) ? name : "");
    }
    return out;
}

std::vector<std::string_view> split(std::string_view path) {
    std::vector<std::string_view> out;
    path.remove_prefix(1);
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        out.push_back(path.substr(0, end));
        path.remove_prefix(std::min(path.size(), end + 1));
    }
    return out;
}

}  // namespace

struct route_miner::node {
    std::map<std::string, std::unique_ptr<node>, std::less<>> children;
    std::optional<leaf> plain, slashed;
    bool crowded = false;  // words that end a path here were merged: later ones are too

    [[nodiscard]] bool ends_here() const { return children.empty(); }
    [[nodiscard]] std::size_t words() const {
        return static_cast<std::size_t>(
            std::ranges::count_if(children, [](const auto& child) { return !is_key(child.first); }));
    }

    // The node's own count of nodes afterwards falls by the number that is given back.
    std::size_t absorb(node&& other, std::size_t most) {
        std::size_t gone = 1;
        const auto take = [&](std::optional<leaf>& into, std::optional<leaf>& from) {
            if (!from) return;
            if (!into) into.emplace();
            discover::absorb(*into, std::move(*from), most);
        };
        take(plain, other.plain);
        take(slashed, other.slashed);
        for (auto& [key, child] : other.children) {
            auto& place = children[key];
            if (place)
                gone += place->absorb(std::move(*child), most);
            else
                place = std::move(child);
        }
        return gone;
    }

    // Puts the words for which `goes` holds together under {slug}.
    template <class Predicate>
    std::size_t merge(std::size_t most, Predicate goes) {
        std::vector<std::unique_ptr<node>> moved;
        for (auto at = children.begin(); at != children.end();) {
            const bool goes_now = !is_key(at->first) && goes(at->first, *at->second);
            if (goes_now) moved.push_back(std::move(at->second));
            at = goes_now ? children.erase(at) : std::next(at);
        }
        if (moved.empty()) return 0;
        std::size_t gone = 0;
        auto& target = children[std::string(slug_key)];
        if (!target) {
            target = std::move(moved.front());
            moved.erase(moved.begin());
        }
        for (auto& one : moved)
            gone += target->absorb(std::move(*one), most);
        return gone;
    }

    void settle(std::string_view word, std::size_t depth, std::size_t most);
};

// When all are in: which words beside each other are things of one kind?
void route_miner::node::settle(std::string_view word, std::size_t depth, std::size_t most) {
    constexpr std::size_t many = 8, several = 3, many_at_the_root = 20;
    for (auto& [key, child] : children)
        child->settle(key, depth + 1, most);
    std::size_t ends = 0, slugs = 0;
    for (const auto& [key, child] : children)
        if (!is_key(key) && !detail::is_fixed_word(key) && child->ends_here()) {
            ++ends;
            slugs += detail::looks_like_slug(key);
        }
    const bool alike = slugs * 3 >= ends;
    const bool things = depth == 0 ? ends >= many_at_the_root && alike : ends >= many || (ends >= several && alike);
    const auto no_fixed_word = [](const std::string& key, const node&) { return !detail::is_fixed_word(key); };
    if (detail::lists_things(word) && (words() >= 2 || slugs > 0 || children.contains(slug_key)))
        merge(most, no_fixed_word);
    else if (things || children.contains(slug_key))
        merge(most,
              [&](const std::string& key, const node& one) { return no_fixed_word(key, one) && one.ends_here(); });
}

std::string_view name_of(left_out why) {
    switch (why) {
        case left_out::personal:
            return "names or addresses of people in the path";
        case left_out::token:
            return "long numbers or codes in the path";
        case left_out::acts:
            return "log out, delete, admin and the like";
        case left_out::asset:
            return "files";
        case left_out::malformed:
            return "no path that can be asked for";
        case left_out::too_many:
            return "more different paths than are looked at";
    }
    return "";
}

route_miner::route_miner(miner_limits limits) : limits_(limits), root_(std::make_unique<node>()) {}
route_miner::~route_miner() = default;
route_miner::route_miner(route_miner&&) noexcept = default;
route_miner& route_miner::operator=(route_miner&&) noexcept = default;

void route_miner::note_query(const std::string& path, std::string_view query) {
    const auto known = queries_.find(path);
    if (known == queries_.end() && queries_.size() >= limits_.queries) return skip(left_out::too_many);
    auto& one = known == queries_.end() ? queries_[path] : known->second;
    one.path = path;
    ++one.requests;
    for (const auto& name : parameter_names(query))
        if (!name.empty() && one.names.size() < 4 && std::ranges::find(one.names, name) == one.names.end())
            one.names.push_back(name);
}

// The child where a path goes on, made where it is missing; nullptr where there is no room for it.
route_miner::node* route_miner::child_of(node& parent, const std::string& key, bool last) {
    if (const auto found = parent.children.find(key); found != parent.children.end()) return found->second.get();
    std::string under = key;
    if (!is_key(key) && !detail::is_fixed_word(key)) {
        if (!parent.crowded && parent.words() >= limits_.words) {
            nodes_ -= parent.merge(limits_.examples, [](const std::string& word, const node& one) {
                return !detail::is_fixed_word(word) && one.ends_here();
            });
            parent.crowded = true;
        }
        if (parent.crowded && (last || parent.words() >= limits_.words)) under = slug_key;
    }
    auto found = parent.children.find(under);
    if (found == parent.children.end()) {
        if (nodes_ >= limits_.nodes) return nullptr;
        ++nodes_;
        found = parent.children.emplace(under, std::make_unique<node>()).first;
    }
    return found->second.get();
}

void route_miner::add(std::string_view target, std::optional<double> seconds) {
    const auto question = target.find('?');
    const auto path = target.substr(0, question);
    const auto query = question == std::string_view::npos ? std::string_view() : target.substr(question + 1);
    if (!path.starts_with('/') || path.starts_with("//") || target.size() > limits_.target_bytes)
        return skip(left_out::malformed);
    if (std::ranges::any_of(path, [](char c) { return c <= 0x20 || c >= 0x7f || c == '#' || c == '"'; }))
        return skip(left_out::malformed);
    const auto parts = split(path);
    if (parts.size() > limits_.segments) return skip(left_out::too_many);

    std::vector<std::string> keys;
    example one{{}, 1};
    bool people = false;
    bool plain_page = true;  // rather than one of many things
    for (const auto part : parts) {
        const auto before = one.segments.empty() ? std::string() : one.segments.back();
        auto read = detail::read_segment(part, before);
        if (read.kind == segment_kind::member) {
            keys.emplace_back(name_key);
            people = true;
        } else if (read.kind == segment_kind::word) {
            keys.push_back(read.text);
        } else if (read.kind == segment_kind::id || read.kind == segment_kind::slug) {
            keys.emplace_back(read.kind == segment_kind::id ? id_key : slug_key);
        } else {
            return skip(read.kind == segment_kind::person  ? left_out::personal
                        : read.kind == segment_kind::token ? left_out::token
                        : read.kind == segment_kind::acts  ? left_out::acts
                        : read.kind == segment_kind::asset ? left_out::asset
                                                           : left_out::malformed);
        }
        plain_page =
            plain_page && !is_key(keys.back()) && !detail::lists_things(before) && !detail::looks_like_slug(read.text);
        one.segments.push_back(std::move(read.text));
    }
    // "/search?q=" is nothing without its query; "/product/kettle?variant=2" is the page of the kettle.
    if (plain_page && !parameter_names(query).empty()) return note_query(std::string(path), query);
    node* at = root_.get();
    for (std::size_t i = 0; i < keys.size(); ++i) {
        at = child_of(*at, keys[i], i + 1 == keys.size());
        if (!at) return skip(left_out::too_many);
    }
    auto& end = path.ends_with('/') ? at->slashed : at->plain;
    if (!end) end.emplace();
    ++end->requests;
    if (seconds) {
        end->seconds += *seconds;
        ++end->timed;
    }
    if (!people) keep(end->examples, std::move(one), limits_.examples);
}

namespace {

// "{id}" and "{slug}" by number where a path has two of them.
std::vector<std::string> numbered(const std::vector<std::string>& keys) {
    std::vector<std::string> out;
    std::map<std::string, int> seen;
    for (const auto& key : keys) {
        const int nth = is_key(key) ? ++seen[key] : 0;
        out.push_back(nth < 2 ? key : fmt::format("{}{}}}", key.substr(0, key.size() - 1), nth));
    }
    return out;
}

found_route route_of(const std::vector<std::string>& keys, leaf from, bool slash, std::size_t most) {
    found_route out;
    const auto names = numbered(keys);
    for (const auto& name : names)
        out.path += "/" + name;
    if (slash || out.path.empty()) out.path += "/";
    out.requests = from.requests;
    out.seconds = from.seconds;
    out.timed = from.timed;
    std::ranges::sort(from.examples, [](const example& a, const example& b) {
        return a.requests != b.requests ? a.requests > b.requests : a.segments < b.segments;
    });
    if (from.examples.size() > most) from.examples.resize(most);
    for (const auto& one : from.examples) {
        std::map<std::string, std::string> input;
        for (std::size_t i = 0; i < names.size(); ++i)
            if (is_key(names[i])) input[names[i].substr(1, names[i].size() - 2)] = one.segments[i];
        if (std::ranges::find(out.inputs, input) == out.inputs.end()) out.inputs.push_back(std::move(input));
    }
    return out;
}

}  // namespace

found_routes route_miner::finish() && {
    found_routes out;
    root_->settle("", 0, limits_.examples);
    std::vector<std::string> keys;
    const auto walk = [&](const auto& self, node& at) -> void {
        for (const bool slash : {false, true})
            if (auto& end = slash ? at.slashed : at.plain; end)
                out.routes.push_back(route_of(keys, std::move(*end), slash, limits_.examples));
        for (auto& [key, child] : at.children) {
            keys.push_back(key);
            self(self, *child);
            keys.pop_back();
        }
    };
    walk(walk, *root_);
    const bool timed = std::ranges::any_of(out.routes, [](const found_route& one) { return one.timed > 0; });
    std::ranges::sort(out.routes, [timed](const found_route& a, const found_route& b) {
        if (timed && a.seconds != b.seconds) return a.seconds > b.seconds;
        return a.requests != b.requests ? a.requests > b.requests : a.path < b.path;
    });
    for (auto& [path, one] : queries_)
        if (!one.names.empty()) out.queries.push_back(std::move(one));
    std::ranges::sort(out.queries, [](const found_query& a, const found_query& b) {
        return a.requests != b.requests ? a.requests > b.requests : a.path < b.path;
    });
    out.left_out = left_out_;
    return out;
}

std::string route_name(std::string_view path, const std::vector<std::string>& taken) {
    constexpr std::size_t longest = 40;
    std::string name;
    for (const auto part : split(path.starts_with('/') ? path : "/")) {
        if (is_key(part)) continue;
        if (!name.empty()) name += '-';
        for (const char c : part)
            name += (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ? c : '-';
    }
    while (name.starts_with('-'))
        name.erase(0, 1);
    name.resize(std::min(name.size(), longest));
    while (name.ends_with('-'))
        name.pop_back();
    if (name.empty()) name = path == "/" ? "home" : "page";
    std::string out = name;
    for (int number = 2; std::ranges::find(taken, out) != taken.end(); ++number)
        out = fmt::format("{}-{}", name, number);
    return out;
}

}  // namespace understudy::discover
