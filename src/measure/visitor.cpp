#include "measure/visitor.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/hash.h"
#include "http/html.h"
#include "http/targeted_control.h"
#include "store/secret.h"

namespace understudy::measure {

namespace {

std::string form_encode(std::string_view text) {
    static constexpr std::string_view plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    std::string out;
    for (const char c : text) {
        if (plain.find(c) != std::string_view::npos)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

std::string base64(std::string_view bytes) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t group = 0;
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k)
            out += k <= count ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

bool is_redirect(int status) {
    return status >= 300 && status < 400 && status != 304;
}

// As it is, or as a template that escapes for HTML writes it.
bool holds(std::string_view body, const std::string& marker) {
    return body.find(marker) != std::string_view::npos ||
           (marker.find_first_of("&<>\"'") != std::string::npos &&
            http::decode_references(body).find(marker) != std::string::npos);
}

}  // namespace

bool is_request_id(std::string_view text) {
    constexpr std::size_t digits = 16;
    if (!text.starts_with("us") || text.size() < 2 + digits + 2 || text[2 + digits] != '-') return false;
    const auto only = [](std::string_view part, std::string_view of) {
        return part.find_first_not_of(of) == std::string_view::npos;
    };
    return only(text.substr(2, digits), "0123456789abcdef") && only(text.substr(3 + digits), "0123456789");
}

bool visitor::has_marker() const {
    return std::ranges::any_of(markers_, [&](const auto& one) { return one.identity == name_; });
}

result<visitor> visitor::make(net::runtime& on, const model::environment& where, const model::identity& who,
                              std::vector<marker> markers, const visitor_options& options) {
    net::http_options http;
    // Production sees by name who it is that asks.
    http.user_agent = "understudy/" UNDERSTUDY_VERSION " (cache rehearsal)";
    http.tls = where.tls;
    UNDERSTUDY_LET(client, net::http_client::make(on, where.url, http));
    visitor out(std::move(client), who);
    out.mark_ = "us" + hex(random_bytes(8));
    out.markers_ = std::move(markers);
    out.options_ = options;
    out.member_ = who.form.has_value() || who.header.has_value();
    if (where.instrument) {
        UNDERSTUDY_LET(secret, store::reveal(where.instrument->secret));
        out.fixed_.push_back({where.instrument->header, secret});
    }
    if (where.basic) {
        UNDERSTUDY_LET(password, store::reveal(where.basic->password));
        out.fixed_.push_back({"Authorization", "Basic " + base64(where.basic->username + ":" + password)});
    }
    if (who.header) {
        UNDERSTUDY_LET(value, store::reveal(who.header->value));
        out.fixed_.push_back({who.header->name, value});
    }
    if (who.form) {
        UNDERSTUDY_LET(password, store::reveal(who.form->password));
        out.password_ = password;
    }
    return out;
}

result<net::http_response> visitor::send(net::http_request request) {
    if (options_.before_request) UNDERSTUDY_TRY(options_.before_request());
    last_id_ = fmt::format("{}-{}", mark_, ++count_);
    request.headers.insert(request.headers.end(), fixed_.begin(), fixed_.end());
    request.headers.push_back({"X-Request-Id", last_id_});
    const auto started = std::chrono::steady_clock::now();
    auto response = client_.send(request, net::deadline::after(options_.patience), &jar_);
    last_took_ = std::chrono::steady_clock::now() - started;
    waited_ += last_took_;
    return response;
}

result<net::http_response> visitor::fetch(const std::string& target) {
    return send({"GET", target, {}, {}});
}

status visitor::log_in() {
    jar_.clear();
    const auto& form = *who_.form;
    UNDERSTUDY_LET(page, fetch(form.path));
    if (page.status != 200)
        return fail(errc::login_failed,
                    fmt::format("the login page of {} answered HTTP {}, expected 200", name_, page.status),
                    client_.where() + form.path);
    std::string body = fmt::format("{}={}&{}={}", form_encode(form.username_field), form_encode(form.username),
                                   form_encode(form.password_field), form_encode(password_));
    if (!form.csrf_field.empty()) {
        const auto token = http::hidden_field(page.body, form.csrf_field);
        if (!token)
            return fail(errc::login_failed, fmt::format("the login page holds no hidden field {}", form.csrf_field),
                        client_.where() + form.path);
        body += fmt::format("&{}={}", form_encode(form.csrf_field), form_encode(*token));
    }
    net::http_request post{"POST", form.path, {{"Content-Type", "application/x-www-form-urlencoded"}}, body};
    // Django holds a secure form's Referer against its own host.
    post.headers.push_back({"Referer", client_.where() + form.path});
    UNDERSTUDY_LET(answer, send(std::move(post)));
    if (answer.status >= 400)
        return fail(errc::login_failed, fmt::format("logging in as {} was answered with HTTP {}", name_, answer.status),
                    client_.where() + form.path);
    return {};
}

status visitor::check_proof() {
    if (!who_.logged_in_when) return {};
    const auto& proof = *who_.logged_in_when;
    UNDERSTUDY_LET(page, fetch(proof.path));
    const std::string_view perhaps =
        who_.header ? "; what it sends in a header or cookie has expired, or was never right" : "";
    if (page.status != proof.status)
        return fail(errc::login_failed,
                    fmt::format("{} is not logged in: {} answered HTTP {}, expected {}{}", name_, proof.path,
                                page.status, proof.status, perhaps),
                    client_.where(), true);
    if (page.body.find(proof.contains) == std::string::npos)
        return fail(
            errc::login_failed,
            fmt::format("{} is not who it should be: {} does not hold the expected text{}", name_, proof.path, perhaps),
            client_.where(), true);
    return {};
}

status visitor::prove() {
    if (!member_) return {};
    if (!who_.form) return check_proof();
    if (jar_.size() > 0)
        if (const auto proven = check_proof(); proven || proven.error().code != errc::login_failed) return proven;
    UNDERSTUDY_TRY(log_in());
    return check_proof();
}

bool visitor::sends_authorization() const {
    return http::find(fixed_, "Authorization") != nullptr;
}

result<sample> visitor::ask(const std::string& target) {
    UNDERSTUDY_LET(whole, ask_whole(target));
    return std::move(whole.seen);
}

result<look> visitor::ask_whole(const std::string& target, const http::headers& more) {
    auto response = send({"GET", target, more, {}});
    look out;
    out.seen.latency = last_took_;
    if (!response) {
        if (response.error().code == errc::interrupted) return pass(std::move(response));
        out.seen.error = name_of(response.error().code);
        return out;
    }
    read_into(out.seen, target, *response);
    out.headers = std::move(response->headers);
    return out;
}

void visitor::read_into(sample& out, const std::string& target, const net::http_response& response) {
    out.status = response.status;
    const bool page = out.status < 300;
    const bool was_page = was_page_.try_emplace(target, page).first->second;
    if (out.status >= 400 || (was_page && !page)) out.error = fmt::format("HTTP {}", out.status);
    out.logged_out = member_ && (out.status == 401 || out.status == 403 || is_redirect(out.status));
    out.caches = http::read_cache_status(response.headers);
    out.cache = out.caches.result();
    if (const auto* nearest = out.caches.nearest()) {
        out.cache_source = nearest->source;
        // An application's own cache does not go by the headers of what it makes.
        if (nearest->at >= http::layer::server) out.forbids = http::what_forbids_storing(response.headers, *nearest);
    }
    out.database = http::read_database_report(response.headers, last_id_);
    for (const auto& [identity, text] : markers_)
        if (!text.empty() && holds(response.body, text)) out.markers_of.push_back(identity);
    saw_own_marker_ = saw_own_marker_ || std::ranges::find(out.markers_of, name_) != out.markers_of.end();
}

}  // namespace understudy::measure
