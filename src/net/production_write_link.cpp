#include "net/production_write_link.h"

#include "net/detail/permitted.h"
#include "net/detail/redis_connection.h"
#include "net/writable_link.h"

namespace understudy::net {

production_write_link::production_write_link(std::unique_ptr<detail::redis_connection> connection,
                                             production_permit permit, server_facts facts)
    : server_link(std::move(connection), std::move(facts)), permit_(std::move(permit)) {}

result<production_write_link> production_write_link::open(runtime& on, const redis_endpoint& to,
                                                          production_permit permit, deadline until) {
    UNDERSTUDY_LET(made, open_node(on, to, std::move(permit), until));
    if (made.facts().cluster)
        return fail(errc::unsafe_target,
                    "this server is a node of a Redis Cluster, which is written to as a whole or not at all",
                    to.text());
    return std::move(made);
}

result<production_write_link> production_write_link::open_node(runtime& on, const redis_endpoint& to,
                                                               production_permit permit, deadline until) {
    if (!permit.allows_ || permit.run_id_.empty())
        return fail(errc::unsafe_target, "the permit names no server or no commands", to.text());
    UNDERSTUDY_LET(connection, detail::redis_connection::open(on.engine(), to, until, {}));
    UNDERSTUDY_LET(facts, read_server_facts(*connection, until));
    if (facts.run_id != permit.run_id_)
        return fail(errc::unsafe_target, "not the server that plan " + permit.plan_ + " was made for (another run_id)",
                    to.text());
    if (facts.role != "master") return fail(errc::not_writable, "this server is a replica", to.text());
    return production_write_link(std::move(connection), std::move(permit), std::move(facts));
}

status production_write_link::allowed(const command& words) const {
    if (never_sent(words))
        return std::unexpected(detail::forbidden(words, "a command that is never sent; nothing was sent", where()));
    if (detail::on_read_table(words) || permit_.allows_(words)) return {};
    return std::unexpected(
        detail::forbidden(words, "not a command of plan " + permit_.plan_ + "; nothing was sent", where()));
}

}  // namespace understudy::net
