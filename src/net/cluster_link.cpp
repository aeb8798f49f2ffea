// One function finds the shape and opens the links (detail/cluster_open.h), on open and when it is looked at again;
// what is left here is sorting commands by owner, and the two ways to open a primary.
#include "net/cluster_link.h"

#include <algorithm>

#include <fmt/format.h>

#include "keyspace/slot.h"
#include "net/detail/cluster_open.h"
#include "net/detail/redis_connection.h"
#include "net/detail/slot_routing.h"
#include "net/read_only_link.h"

namespace understudy::net {

namespace {

error shape_changed(const std::string& where) {
    return {
        errc::cluster_changed,
        "a slot of the Cluster is served by another node now, or by none at the moment; a command of this batch did "
        "not take place for that",
        where, false};
}

}  // namespace

std::string run_ids_of(write_link& link) {
    std::string out;
    for (auto* one : link.primaries())
        out += (out.empty() ? "" : ",") + one->facts().run_id;
    return out;
}

cluster_link::cluster_link(runtime& on, redis_endpoint to, primary_opener open)
    : runtime_(on), endpoint_(std::move(to)), open_(std::move(open)) {}
cluster_link::~cluster_link() = default;

void cluster_link::take(detail::open_cluster<write_link> opened) {
    cluster_ = std::make_unique<detail::open_cluster<write_link>>(std::move(opened));
    primaries_.clear();
    facts_ = cluster_->nodes.front().facts;
    for (auto& node : cluster_->nodes) {
        primaries_.push_back(node.link.get());
        if (older_version(node.facts.version, facts_.version)) facts_.version = node.facts.version;
    }
    auto first = endpoint_;
    first.others.clear();
    where_ = fmt::format("{} (Cluster of {})", first.text(), primaries_.size());
    add_nodes(endpoint_, cluster_->shape);
}

status cluster_link::look_again(deadline until) {
    const detail::node_opener<write_link> open = [this](const redis_endpoint& node,
                                                        deadline soon) -> result<detail::open_node<write_link>> {
        UNDERSTUDY_LET(link, open_(node, soon));
        server_facts facts = link->facts();
        return detail::open_node<write_link>{std::move(link), std::move(facts)};
    };
    UNDERSTUDY_LET(opened, detail::open_whole_cluster<write_link>(runtime_, endpoint_, open, until));
    take(std::move(opened));
    return {};
}

bool cluster_link::alive() const noexcept {
    return std::ranges::all_of(primaries_, [](const auto* one) { return one->alive(); });
}

const server_address& cluster_link::address() const noexcept {
    return primaries_.front()->address();
}

const topology* cluster_link::shape() const noexcept {
    return &cluster_->shape;
}

std::size_t cluster_link::owner_of(std::string_view key) const noexcept {
    return cluster_->shape.owner(keyspace::slot_of(key)).value_or(0);
}

status cluster_link::allowed(const command& words) const {
    for (const auto* one : primaries_)
        UNDERSTUDY_TRY(one->allowed(words));
    return {};
}

result<resp::value> cluster_link::call(const command& words, deadline until) {
    UNDERSTUDY_TRY(allowed(words));
    UNDERSTUDY_LET(owner, detail::owners_of(std::span(&words, 1), cluster_->shape, where_));
    return primaries_[owner.front()]->call(words, until);
}

result<std::vector<resp::value>> cluster_link::pipeline(std::span<const command> commands, deadline until) {
    for (const command& words : commands)
        UNDERSTUDY_TRY(allowed(words));
    UNDERSTUDY_LET(owners, detail::owners_of(commands, cluster_->shape, where_));
    UNDERSTUDY_LET(replies, detail::send_by_owner(commands, owners, primaries_.size(),
                                                  [&](std::size_t primary, std::span<const command> part) {
                                                      return primaries_[primary]->pipeline(part, until);
                                                  }));
    for (std::size_t i = 0; i < replies.size(); ++i)
        if (detail::refused_elsewhere(replies[i]))
            return std::unexpected(shape_changed(primaries_[owners[i]]->where()));
    return std::move(replies);
}

result<std::unique_ptr<write_link>> open_cluster_link(runtime& on, const redis_endpoint& to, primary_opener open,
                                                      deadline until) {
    if (to.database != 0)
        return fail(errc::config_bad_value, "of a Redis Cluster only database 0 is looked at", to.text());
    std::unique_ptr<cluster_link> made(new cluster_link(on, to, std::move(open)));
    UNDERSTUDY_TRY(made->look_again(until));
    return made;
}

result<std::unique_ptr<write_link>> open_writable(runtime& on, const redis_endpoint& to,
                                                  const write_permission& permission, deadline until) {
    if (!permission.environment_is_read_write)
        return fail(errc::not_writable, "the environment is declared read-only", to.text());
    auto connection = detail::redis_connection::open(on.engine(), to, until, {});
    if (!connection && to.others.empty()) return pass(std::move(connection));
    if (connection) {
        UNDERSTUDY_LET(facts, read_server_facts(**connection, until));
        if (!facts.cluster) {
            UNDERSTUDY_LET(link, writable_link::take(std::move(*connection), std::move(facts), permission));
            return std::make_unique<writable_link>(std::move(link));
        }
        connection->reset();
    }
    return open_cluster_link(
        on, to,
        [&on, permission](const redis_endpoint& node, deadline soon) -> result<std::unique_ptr<write_link>> {
            UNDERSTUDY_LET(link, writable_link::open_node(on, node, permission, soon));
            return std::make_unique<writable_link>(std::move(link));
        },
        until);
}

result<std::unique_ptr<write_link>> open_production_writable(runtime& on, const redis_endpoint& to, permit_maker permit,
                                                             deadline until) {
    const auto look = [&on](const redis_endpoint& at, deadline soon) -> result<server_facts> {
        UNDERSTUDY_LET(link, read_only_link::connect(on, at, soon));
        return read_server_facts(link, soon);
    };
    auto first = look(to, until);
    if (!first && to.others.empty()) return pass(std::move(first));
    if (first && !first->cluster) {
        UNDERSTUDY_LET(made, permit(first->run_id));
        UNDERSTUDY_LET(link, production_write_link::open(on, to, std::move(made), until));
        return std::make_unique<production_write_link>(std::move(link));
    }
    return open_cluster_link(
        on, to,
        [&on, look, permit = std::move(permit)](const redis_endpoint& node,
                                                deadline soon) -> result<std::unique_ptr<write_link>> {
            UNDERSTUDY_LET(facts, look(node, soon));
            UNDERSTUDY_LET(made, permit(facts.run_id));
            UNDERSTUDY_LET(link, production_write_link::open_node(on, node, std::move(made), soon));
            return std::make_unique<production_write_link>(std::move(link));
        },
        until);
}

status is_at_rest(write_link& link, deadline until) {
    if (!link.shape()) return {};
    for (std::size_t i = 0; i < link.primaries().size(); ++i) {
        const auto& primary = link.shape()->primaries()[i];
        UNDERSTUDY_LET(seen, detail::look_at_node(*link.primaries()[i], primary.at, until));
        UNDERSTUDY_TRY(detail::agrees(seen, *link.shape(), primary));
        if (!seen.own.moving.empty())
            return fail(
                errc::cluster_unsettled,
                fmt::format("slot {}{} of this Redis Cluster is being moved to another node; wait until that is "
                            "done",
                            seen.own.moving.front(),
                            seen.own.moving.size() > 1 ? fmt::format(" and {} more", seen.own.moving.size() - 1) : ""),
                primary.at.text(), true);
    }
    return {};
}

result<std::vector<std::string>> changes_of_shape(write_link& link, deadline until) {
    std::vector<std::string> out;
    if (!link.shape()) return out;
    for (std::size_t i = 0; i < link.primaries().size() && out.empty(); ++i) {
        const auto& primary = link.shape()->primaries()[i];
        UNDERSTUDY_LET(seen, detail::look_at_node(*link.primaries()[i], primary.at, until));
        out = changed(*link.shape(), seen.shape);
        if (out.empty() && !seen.own.moving.empty())
            out.push_back(
                fmt::format("slot {} is being moved from or to {}", seen.own.moving.front(), primary.at.text()));
        if (out.empty() && !seen.state_ok)
            out.push_back(fmt::format("{} says that its Cluster is down", primary.at.text()));
    }
    return out;
}

}  // namespace understudy::net
