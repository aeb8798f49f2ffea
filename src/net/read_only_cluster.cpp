#include "net/read_only_cluster.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/detail/cluster_open.h"
#include "net/detail/slot_routing.h"

namespace understudy::net {

namespace {

constexpr int most_redirections = 5;

}  // namespace

result<read_only_cluster> read_only_cluster::connect(runtime& on, const redis_endpoint& to, deadline until,
                                                     const link_options& options) {
    read_only_cluster out(on, to, options);
    if (auto seed = read_only_link::connect(on, to, until, options)) {
        UNDERSTUDY_LET(facts, read_server_facts(*seed, until));
        out.facts_ = facts;
        out.where_ = seed->where();
        if (!facts.cluster) {
            out.nodes_.push_back({std::move(*seed), std::move(facts)});
            return out;
        }
    } else if (to.others.empty()) {
        return pass(std::move(seed));
    }
    if (to.database != 0)
        return fail(errc::config_bad_value, "of a Redis Cluster only database 0 is looked at", to.text());
    const detail::node_opener<read_only_link> open = [&](const redis_endpoint& node,
                                                         deadline soon) -> result<detail::open_node<read_only_link>> {
        UNDERSTUDY_LET(link, read_only_link::connect(on, node, soon, options));
        UNDERSTUDY_LET(facts, read_server_facts(link, soon));
        return detail::open_node<read_only_link>{std::make_unique<read_only_link>(std::move(link)), std::move(facts)};
    };
    UNDERSTUDY_LET(opened, detail::open_whole_cluster<read_only_link>(on, to, open, until));
    out.facts_ = opened.nodes.front().facts;
    for (auto& node : opened.nodes) {
        if (older_version(node.facts.version, out.facts_.version)) out.facts_.version = node.facts.version;
        out.nodes_.push_back({std::move(*node.link), std::move(node.facts), std::move(node.moving)});
    }
    out.shape_ = std::move(opened.shape);
    auto first = to;
    first.others.clear();
    out.where_ = fmt::format("{} (Cluster of {})", first.text(), out.nodes_.size());
    return out;
}

std::string read_only_cluster::run_ids() const {
    std::string out;
    for (const auto& node : nodes_)
        out += (out.empty() ? "" : ",") + node.facts.run_id;
    return out;
}

std::vector<server_identity> read_only_cluster::identities() const {
    std::vector<server_identity> out;
    for (const auto& node : nodes_)
        out.push_back(identity_of(node.facts, node.link.address()));
    if (!shape_) return out;
    for (const auto& primary : shape_->primaries())
        for (const auto& replica : primary.replicas)
            out.push_back({.host = replica.at.host, .port = replica.at.port});
    return out;
}

result<std::vector<resp::value>> read_only_cluster::pipeline(std::span<const command> commands, deadline until) {
    if (!shape_) return nodes_.front().link.pipeline(commands, until);
    for (auto& node : nodes_)
        for (const command& words : commands)
            UNDERSTUDY_TRY(node.link.allowed(words));
    UNDERSTUDY_LET(owners, detail::owners_of(commands, *shape_, where_));
    UNDERSTUDY_LET(replies, detail::send_by_owner(commands, owners, nodes_.size(),
                                                  [&](std::size_t primary, std::span<const command> part) {
                                                      return nodes_[primary].link.pipeline(part, until);
                                                  }));
    for (std::size_t i = 0; i < replies.size(); ++i) {
        if (!detail::refused_elsewhere(replies[i])) continue;
        UNDERSTUDY_LET(followed, follow(commands[i], std::move(replies[i]), shape_->primaries()[owners[i]].at, until));
        replies[i] = std::move(followed);
    }
    return std::move(replies);
}

result<resp::value> read_only_cluster::follow(const command& words, resp::value reply, server_address from,
                                              deadline until) {
    for (int turn = 0; turn < most_redirections; ++turn) {
        const auto to = redirection_of(reply, from);
        if (!to) break;
        UNDERSTUDY_LET(link, link_to(to->to, until));
        const std::vector<command> both{{"ASKING"}, words};
        UNDERSTUDY_LET(replies, link->pipeline(std::span(both).subspan(to->ask ? 0 : 1), until));
        reply = std::move(replies.back());
        from = to->to;
        if (!detail::refused_elsewhere(reply)) return reply;
    }
    return fail(errc::cluster_changed, "the Cluster sends this command from node to node; its slots are moving",
                where_ + " " + name_of(words), true);
}

result<read_only_link*> read_only_cluster::link_to(const server_address& at, deadline until) {
    auto& known = elsewhere_[at.text()];
    if (known && known->alive()) return known.get();
    UNDERSTUDY_LET(link, read_only_link::connect(*runtime_, detail::node_endpoint(endpoint_, at), until, options_));
    known = std::make_unique<read_only_link>(std::move(link));
    return known.get();
}

}  // namespace understudy::net
