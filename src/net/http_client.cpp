#include "net/http_client.h"

#include "net/detail/http_connection.h"

namespace understudy::net {

http_client::http_client(std::unique_ptr<detail::http_connection> connection) : connection_(std::move(connection)) {}
http_client::http_client(http_client&&) noexcept = default;
http_client& http_client::operator=(http_client&&) noexcept = default;
http_client::~http_client() = default;

result<http_client> http_client::make(runtime& on, std::string_view base_url, http_options options) {
    UNDERSTUDY_LET(origin, detail::parse_origin(base_url));
    auto connection = std::make_unique<detail::http_connection>(on.engine(), std::move(origin), std::move(options));
    UNDERSTUDY_TRY(connection->prepare());
    return http_client(std::move(connection));
}

result<http_response> http_client::send(const http_request& request, deadline until, http::cookie_jar* jar) {
    return connection_->send(request, until, jar);
}

void http_client::disconnect() {
    connection_->disconnect();
}

const std::string& http_client::where() const noexcept {
    return connection_->origin().where;
}

const std::string& http_client::host() const noexcept {
    return connection_->origin().host;
}

}  // namespace understudy::net
