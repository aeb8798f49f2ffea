// What does not wait: the base URL taken apart, the request written down, the cookies. The waits are in
// http_stream.cpp.
#include "net/detail/http_connection.h"

#include <algorithm>
#include <array>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "base/units.h"
#include "net/detail/engine.h"
#include "net/detail/http_stream.h"

namespace understudy::net::detail {

namespace {

std::string bracketed(const std::string& host) {
    return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

// The path of a target is what comes before its query, already percent-encoded: any visible byte of ASCII.
bool sendable_target(std::string_view target) {
    if (target != "*" && !target.starts_with('/')) return false;
    return std::ranges::all_of(target, [](char byte) { return byte > ' ' && byte < 127; });
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

bool announces_length(const http_request& request) {
    return !request.body.empty() || request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
}

}  // namespace

result<http_origin> parse_origin(std::string_view base_url) {
    const auto bad = [](std::string what) { return fail(errc::config_bad_value, std::move(what)); };
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(base_url.data(), base_url.size()));
    if (!parsed) return bad("not a URL; expected http://host:port");
    const boost::urls::url_view url = *parsed;
    const bool secure = url.scheme_id() == boost::urls::scheme::https;
    if (!secure && url.scheme_id() != boost::urls::scheme::http) return bad("expected a URL of http:// or https://");
    if (url.has_userinfo()) return bad("a URL must hold no user or password");
    if (url.encoded_host().empty()) return bad("the URL names no host");
    const auto path = url.encoded_path();
    if ((!path.empty() && path != "/") || url.has_query() || url.has_fragment())
        return bad("expected a URL without a path: http://host:port");

    http_origin made;
    made.secure = secure;
    made.host = url.host_address();
    const std::uint16_t usual = secure ? 443 : 80;
    made.port = usual;
    if (url.has_port()) {
        const auto given = http::parse_digits(std::string_view(url.port().data(), url.port().size()));
        if (!given || *given < 1 || *given > 65535) return bad("the URL's port must be from 1 to 65535");
        made.port = static_cast<std::uint16_t>(*given);
    }
    const std::string host = bracketed(made.host);
    const std::string with_port = host + ":" + std::to_string(made.port);
    made.authority = made.port == usual ? host : with_port;
    made.where = (secure ? "https://" : "http://") + with_port;
    return made;
}

http_connection::http_connection(engine& on, http_origin origin, http_options options)
    : engine_(on),
      origin_(std::move(origin)),
      options_(std::move(options)),
      stream_(std::make_unique<stream>(on.context(), origin_, options_)) {}

http_connection::~http_connection() = default;

status http_connection::prepare() {
    return stream_->prepare();
}

void http_connection::disconnect() {
    stream_->close();
}

// The request as it goes over the wire. Ours first, unless the caller has one of that name; then the caller's.
result<std::string> http_connection::written(const http_request& request, http::cookie_jar* jar) const {
    if (!http::is_token(request.method)) return fail(errc::usage, "not an HTTP method", origin_.where);
    if (!sendable_target(request.target))
        return fail(errc::usage, "a request target begins with / and is percent-encoded", origin_.where);
    if (!http::check(request.headers)) return fail(errc::usage, "a header that cannot be sent", origin_.where);

    std::string out;
    out.reserve(512 + request.body.size());
    out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
    const std::array<http::header, 4> ours{http::header{"Host", origin_.authority},
                                           {"User-Agent", options_.user_agent},
                                           {"Accept", "*/*"},
                                           {"Accept-Encoding", "identity"}};
    for (const http::header& field : ours)
        if (http::find(request.headers, field.name) == nullptr) append_header(out, field.name, field.value);
    if (jar != nullptr && http::find(request.headers, "Cookie") == nullptr) {
        const http::cookie_place place{origin_.host, request.target, origin_.secure};
        if (const std::string cookies = jar->cookie_header(place, now()); !cookies.empty())
            append_header(out, "Cookie", cookies);
    }
    for (const http::header& field : request.headers) {
        if (http::same_name(field.name, "Content-Length") || http::same_name(field.name, "Transfer-Encoding"))
            return fail(errc::usage, "the length of a body is written by the client itself", origin_.where);
        append_header(out, field.name, field.value);
    }
    if (announces_length(request)) append_header(out, "Content-Length", std::to_string(request.body.size()));
    out.append("\r\n").append(request.body);
    return out;
}

result<http_response> http_connection::send(const http_request& request, deadline until, http::cookie_jar* jar) {
    UNDERSTUDY_LET(bytes, written(request, jar));
    const bool head = request.method == "HEAD";
    const stream::outgoing what{&bytes, head, head || request.method == "GET"};
    auto response = engine_.run(stream_->exchange(what), until, origin_.where, [this] { stream_->close(); });
    if (!response) {
        response.error() = stream_->late(std::move(response).error());
        // To ask again is harmless where the request changes nothing.
        if (what.repeatable && response.error().code != errc::protocol) response.error().retry_safe = true;
        return response;
    }
    if (jar != nullptr) (void)jar->store_all(response->headers, {origin_.host, request.target, origin_.secure}, now());
    return response;
}

}  // namespace understudy::net::detail
