#include "net/server_link.h"

#include "net/detail/redis_connection.h"

namespace understudy::net {

server_link::server_link(std::unique_ptr<detail::redis_connection> connection, server_facts facts)
    : connection_(std::move(connection)), facts_(std::move(facts)) {}
server_link::server_link(server_link&&) noexcept = default;
server_link& server_link::operator=(server_link&&) noexcept = default;
server_link::~server_link() = default;

status server_link::all_allowed(std::span<const command> commands) const {
    for (const command& words : commands)
        UNDERSTUDY_TRY(allowed(words));
    return {};
}

result<resp::value> server_link::call(const command& words, deadline until) {
    UNDERSTUDY_TRY(allowed(words));
    return connection_->call(words, until);
}

result<std::vector<resp::value>> server_link::pipeline(std::span<const command> commands, deadline until) {
    UNDERSTUDY_TRY(all_allowed(commands));
    return connection_->pipeline(commands, until);
}

status server_link::pipeline(std::span<const command> commands, deadline until, const reply_sink& take) {
    UNDERSTUDY_TRY(all_allowed(commands));
    return connection_->pipeline(commands, until, take);
}

bool server_link::alive() const noexcept {
    return connection_->alive();
}

const std::string& server_link::where() const noexcept {
    return connection_->where();
}

const server_address& server_link::address() const noexcept {
    return connection_->address();
}

}  // namespace understudy::net
