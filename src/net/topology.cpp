// The reply is a list of ranges; a primary comes once for each of its ranges, so primaries are put together by id while
// reading, and the table of owners is filled at the end, when their order is known.
#include "net/topology.h"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "keyspace/slot.h"

namespace understudy::net {

namespace {

constexpr std::size_t most_nodes = 1000;
constexpr std::size_t most_shown = 4;  // ranges of a text

bool is_node_id(std::string_view id) {
    return id.size() == 40 && id.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

template <class Number>
std::optional<Number> whole(std::string_view text) {
    Number out{};
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return out;
}

// The host that stands beside the preferred one, which may be "?": {"ip": …} or {"hostname": …} (7.0).
std::string other_host(const resp::value& node) {
    if (node.elements.size() < 4) return {};
    for (const auto* name : {"ip", "hostname"})
        if (const auto* found = node.elements[3].find(name)) return std::string(found->as_text().value_or(""));
    return {};
}

class slots_reader {
public:
    slots_reader(const server_address& asked, const std::string& where) : asked_(asked), where_(where) {}

    // Index into `found`.
    status take(const resp::value& range) {
        if (range.elements.size() < 3) return wrong("a range without a node");
        const auto from = range.elements[0].as_integer(), to = range.elements[1].as_integer();
        if (!from || !to || *from < 0 || *from > *to || *to >= keyspace::slot_count)
            return wrong("a range that is none");
        UNDERSTUDY_LET(first, node_of(range.elements[2]));
        auto [at, fresh] = found.try_emplace(first.id);
        auto& primary = at->second;
        if (fresh) static_cast<cluster_node&>(primary) = first;
        if (primary.at != first.at) return wrong("one node at two addresses");
        primary.slots.push_back({static_cast<std::uint16_t>(*from), static_cast<std::uint16_t>(*to)});
        for (const auto& other : std::span(range.elements).subspan(3)) {
            UNDERSTUDY_LET(replica, node_of(other));
            if (std::ranges::find(primary.replicas, replica.id, &cluster_node::id) == primary.replicas.end())
                primary.replicas.push_back(replica);
            if (primary.replicas.size() > most_nodes) return wrong("too many nodes");
        }
        return found.size() <= most_nodes ? status{} : wrong("too many nodes");
    }

    std::map<std::string, cluster_primary> found;

private:
    [[nodiscard]] std::unexpected<error> wrong(std::string_view what) const {
        return fail(errc::protocol, fmt::format("CLUSTER SLOTS tells of {}", what), where_);
    }

    result<cluster_node> node_of(const resp::value& from) const {
        if (from.elements.size() < 3) return wrong("a node without an id");
        const auto port = from.elements[1].as_integer();
        cluster_node out;
        out.id = from.elements[2].as_text().value_or("");
        // Null and empty: at the address that the caller knows already.
        std::string host(from.elements[0].as_text().value_or(""));
        if (host == "?") host = other_host(from);
        if (host.empty()) host = asked_.host;
        if (!is_node_id(out.id) || !port || *port < 1 || *port > 65535) return wrong("a node without id or port");
        if (!is_plain_host(host)) return wrong("a node whose host is no name and no address");
        out.at = {std::move(host), static_cast<std::uint16_t>(*port)};
        return out;
    }

    const server_address& asked_;
    const std::string& where_;
};

using pairs = std::map<std::pair<std::string, std::string>, std::vector<slot_range>>;

void add_slot(std::vector<slot_range>& to, std::uint16_t slot) {
    if (!to.empty() && to.back().to + 1 == slot)
        to.back().to = slot;
    else
        to.push_back({slot, slot});
}

std::string id_of(const topology& in, std::uint16_t slot) {
    const auto index = in.owner(slot);
    return index ? in.primaries()[*index].id : std::string{};
}

// The new one stood by for the old one, or there is no old one any more.
bool took_over(const topology& before, const topology& after, const std::string& old_id, const std::string& new_id) {
    if (before.find(new_id)) return false;
    const auto& was = *before.find(old_id);
    return std::ranges::find(was.replicas, new_id, &cluster_node::id) != was.replicas.end() || !after.find(old_id);
}

}  // namespace

std::string text_of(std::span<const slot_range> slots) {
    std::string out;
    for (const auto& one : slots.first(std::min(slots.size(), most_shown))) {
        out += fmt::format("{}{}", out.empty() ? "" : ", ", one.from);
        if (one.to != one.from) out += fmt::format("-{}", one.to);
    }
    if (slots.size() > most_shown) out += fmt::format(" and {} more", slots.size() - most_shown);
    return out;
}

result<topology> topology::read(const resp::value& reply, const server_address& asked, const std::string& where) {
    if (reply.kind != resp::kind::array || reply.elements.size() > keyspace::slot_count)
        return fail(errc::protocol, "CLUSTER SLOTS answered something else than ranges of slots", where);
    slots_reader reader(asked, where);
    for (const auto& range : reply.elements)
        UNDERSTUDY_TRY(reader.take(range));
    topology out;
    out.owners_.assign(keyspace::slot_count, nobody);
    for (auto& [id, primary] : reader.found) {
        std::ranges::sort(primary.slots, {}, &slot_range::from);
        for (const auto& range : primary.slots)
            for (std::size_t slot = range.from; slot <= range.to; ++slot) {
                if (out.owners_[slot] != nobody)
                    return fail(errc::protocol, fmt::format("CLUSTER SLOTS gives slot {} to two nodes", slot), where);
                out.owners_[slot] = static_cast<std::uint16_t>(out.primaries_.size());
            }
        out.primaries_.push_back(std::move(primary));
    }
    return out;
}

std::optional<std::size_t> topology::owner(std::uint16_t slot) const noexcept {
    if (slot >= owners_.size() || owners_[slot] == nobody) return std::nullopt;
    return owners_[slot];
}

std::vector<slot_range> topology::uncovered() const {
    std::vector<slot_range> out;
    for (std::uint16_t slot = 0; slot < keyspace::slot_count; ++slot)
        if (!owner(slot)) add_slot(out, slot);
    return out;
}

const cluster_primary* topology::find(std::string_view id) const noexcept {
    const auto found = std::ranges::find(primaries_, id, &cluster_primary::id);
    return found == primaries_.end() ? nullptr : &*found;
}

bool topology::same_owners(const topology& other) const noexcept {
    return owners_ == other.owners_ &&
           std::ranges::equal(primaries_, other.primaries_,
                              [](const auto& a, const auto& b) { return a.id == b.id && a.at == b.at; });
}

std::string size_of(const topology& shape) {
    std::size_t replicas = 0;
    for (const auto& primary : shape.primaries())
        replicas += primary.replicas.size();
    return fmt::format("{} {}, {} {}", shape.primaries().size(),
                       shape.primaries().size() == 1 ? "primary" : "primaries", replicas,
                       replicas == 1 ? "replica" : "replicas");
}

void add_nodes(redis_endpoint& to, const topology& shape) {
    constexpr std::size_t most = 64;
    const auto add = [&](const server_address& at) {
        const bool known =
            (at.host == to.host && at.port == to.port) || std::ranges::find(to.others, at) != to.others.end();
        if (!known && to.others.size() < most) to.others.push_back(at);
    };
    for (const auto& primary : shape.primaries())
        add(primary.at);
    for (const auto& primary : shape.primaries())
        for (const auto& replica : primary.replicas)
            add(replica.at);
}

std::vector<std::string> changed(const topology& before, const topology& after) {
    std::vector<std::string> out;
    if (before.same_owners(after)) return out;
    pairs moved;
    for (std::uint16_t slot = 0; slot < keyspace::slot_count; ++slot) {
        const auto was = id_of(before, slot), is = id_of(after, slot);
        if (was != is) add_slot(moved[{was, is}], slot);
    }
    for (const auto& [ids, slots] : moved) {
        const auto& [old_id, new_id] = ids;
        const auto there = [](const topology& in, const std::string& id) { return in.find(id)->at.text(); };
        if (new_id.empty())
            out.push_back(fmt::format("slots {} are served by nobody any more", text_of(slots)));
        else if (old_id.empty())
            out.push_back(fmt::format("slots {} are served by {} now", text_of(slots), there(after, new_id)));
        else if (took_over(before, after, old_id, new_id))
            out.push_back(fmt::format("the primary of slots {} failed over from {} to {}", text_of(slots),
                                      there(before, old_id), there(after, new_id)));
        else
            out.push_back(fmt::format("slots {} moved from {} to {}", text_of(slots), there(before, old_id),
                                      there(after, new_id)));
    }
    for (const auto& was : before.primaries())
        if (const auto* is = after.find(was.id); is && is->at != was.at)
            out.push_back(fmt::format("the primary of slots {} was at {} and is at {} now", text_of(was.slots),
                                      was.at.text(), is->at.text()));
    return out;
}

// A line: id, ip:port@port, flags, primary, ping, pong, epoch, link, slots; a slot that moves as [93-<-ID] or
// [77->-ID], and only in the node's own line.
result<own_line> own_line_of(std::string_view text, const std::string& where) {
    const auto wrong = [&] { return fail(errc::protocol, "CLUSTER NODES does not tell which node this is", where); };
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        std::vector<std::string_view> words;
        while (!line.empty() && words.size() < 8 + std::size_t{2} * keyspace::slot_count) {
            words.push_back(line.substr(0, line.find(' ')));
            line.remove_prefix(std::min(words.back().size() + 1, line.size()));
        }
        if (words.size() < 8 || !(words[2] == "myself" || words[2].starts_with("myself,"))) continue;
        own_line out{std::string(words[0]), {}};
        if (!is_node_id(out.id)) return wrong();
        for (const auto word : std::span(words).subspan(8)) {
            if (!word.starts_with('[')) continue;
            const auto slot = whole<std::uint16_t>(word.substr(1, word.find('-') - 1));
            if (!slot || *slot >= keyspace::slot_count) return wrong();
            out.moving.push_back(*slot);
        }
        return out;
    }
    return wrong();
}

std::optional<redirection> redirection_of(const resp::value& reply, const server_address& answered) {
    const auto word = reply.error_word();
    if (word != "MOVED" && word != "ASK") return std::nullopt;
    auto rest = reply.error_text().substr(word.size());
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    const auto space = rest.find(' '), colon = rest.rfind(':');
    if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) return std::nullopt;
    const auto slot = whole<std::uint16_t>(rest.substr(0, space));
    const auto port = whole<std::uint16_t>(rest.substr(colon + 1));
    std::string host(rest.substr(space + 1, colon - space - 1));
    if (host.empty()) host = answered.host;
    if (!slot || *slot >= keyspace::slot_count || !port || *port == 0 || !is_plain_host(host)) return std::nullopt;
    return redirection{word == "ASK", *slot, {std::move(host), *port}};
}

}  // namespace understudy::net
