#include "discover/address.h"

#include <algorithm>
#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace understudy::discover {

namespace {

constexpr std::size_t longest = 2048;

std::string text_of(boost::urls::string_view view) {
    return {view.data(), view.size()};
}

std::string small_letters(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return text;
}

}  // namespace

std::optional<web_address> parse_address(std::string_view url) {
    if (url.empty() || url.size() > longest) return std::nullopt;
    const auto parsed = boost::urls::parse_uri(boost::urls::string_view(url.data(), url.size()));
    if (!parsed) return std::nullopt;
    const boost::urls::url_view view = *parsed;
    web_address out;
    out.origin.secure = view.scheme_id() == boost::urls::scheme::https;
    if (!out.origin.secure && view.scheme_id() != boost::urls::scheme::http) return std::nullopt;
    if (view.has_userinfo() || view.encoded_host().empty()) return std::nullopt;
    out.origin.host = small_letters(view.host_address());
    out.origin.port = out.origin.secure ? 443 : 80;
    if (view.has_port()) {
        const auto port = view.port();
        const auto [end, wrong] = std::from_chars(port.data(), port.data() + port.size(), out.origin.port);
        if (wrong != std::errc{} || end != port.data() + port.size() || out.origin.port == 0) return std::nullopt;
    }
    const auto path = text_of(view.encoded_path());
    // Boost.URL 1.81 takes "http://e:2a/" as port 2 and path "a/".
    if (!path.empty() && !path.starts_with('/')) return std::nullopt;
    out.target = path.empty() ? "/" : path;
    if (view.has_query()) out.target += "?" + text_of(view.encoded_query());
    return out;
}

std::optional<web_address> resolve(const web_origin& base, std::string_view reference) {
    const std::string scheme = base.secure ? "https:" : "http:";
    if (reference.starts_with("//")) return parse_address(scheme + std::string(reference));
    if (!reference.starts_with('/')) return parse_address(reference);
    const bool six = base.host.find(':') != std::string::npos;
    const std::string host = six ? "[" + base.host + "]" : base.host;
    return parse_address(scheme + "//" + host + ":" + std::to_string(base.port) + std::string(reference));
}

}  // namespace understudy::discover
