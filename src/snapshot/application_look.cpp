#include "snapshot/application_look.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "apply/steps.h"
#include "base/interrupt.h"
#include "exec/redact.h"
#include "http/cache_status.h"
#include "http/set_cookie.h"
#include "measure/pacer.h"
#include "measure/visitor.h"
#include "snapshot/settings_text.h"
#include "store/secret.h"

namespace understudy::snapshot {

namespace {

constexpr std::size_t longest_value = 200;

// What they say is for caches and their operators, and for no visitor alone.
constexpr std::array shown_headers{"cache-control",
                                   "cdn-cache-control",
                                   "surrogate-control",
                                   "vary",
                                   "pragma",
                                   "content-type",
                                   "content-encoding",
                                   "server",
                                   "via",
                                   "x-powered-by",
                                   "x-accel-expires",
                                   "x-frame-options",
                                   "accept-ranges",
                                   "allow"};
// Another one with each answer; only that it is there says something.
constexpr std::array present_headers{"last-modified", "expires", "www-authenticate", "location"};
constexpr std::array left_out{"date",       "content-length",    "age",           "connection",
                              "keep-alive", "transfer-encoding", "server-timing", "cache-status",
                              "x-cache",    "x-varnish"};

template <std::size_t n>
bool is_among(const std::array<const char*, n>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

std::string_view word_of(http::same_site site) {
    switch (site) {
        case http::same_site::strict:
            return "; SameSite=Strict";
        case http::same_site::lax:
            return "; SameSite=Lax";
        case http::same_site::none:
            return "; SameSite=None";
        default:
            return "";
    }
}

// "sessionid; HttpOnly; SameSite=Lax": never a value.
std::string cookies_text(const http::headers& of) {
    std::vector<std::string> all;
    for (const auto field : http::find_all(of, "set-cookie"))
        if (const auto cookie = http::parse_set_cookie(field))
            all.push_back(fmt::format("{}{}{}{}", cookie->name.substr(0, 64), cookie->secure ? "; Secure" : "",
                                      cookie->http_only ? "; HttpOnly" : "", word_of(cookie->site)));
    std::ranges::sort(all);
    return fmt::format("{}", fmt::join(all, ", "));
}

std::string validator_text(std::string_view etag) {
    return etag.starts_with("W/") ? "weak" : "strong";
}

class looker {
public:
    looker(net::runtime& on, const model::environment& one, const store::profile_key& key, model::profile& into)
        : runtime_(on), one_(one), key_(key), into_(into), pace_(on, one.limits.requests_per_second) {}

    status pages(const std::vector<model::route>& routes) {
        for (const auto& route : routes)
            for (const auto& name : route.identities) {
                if (!one_.who(name)) continue;
                auto seen = page(route, name);
                if (!seen && seen.error().code == errc::interrupted) return std::unexpected(seen.error());
                if (seen)
                    into_.routes.push_back(std::move(*seen));
                else
                    miss(fmt::format("page {} as {}", route.name, name), seen.error().what);
            }
        std::ranges::sort(into_.routes, {}, [](const auto& of) { return std::tie(of.route, of.identity); });
        return {};
    }

    status settings() {
        for (const auto& command : one_.commands) {
            if (!command.name.starts_with("settings")) continue;
            if (interrupt_signal() != 0) return fail(errc::interrupted, "interrupted", one_.name, true);
            const auto said = apply::ask_output(one_, command.name);
            if (!said && said.error().code == errc::interrupted) return std::unexpected(said.error());
            if (said)
                take(*said);
            else
                miss("command " + command.name, said.error().what);
        }
        return {};
    }

private:
    result<model::route_profile> page(const model::route& route, const std::string& name) {
        UNDERSTUDY_LET(who, visitor_of(name));
        const auto target = route.target(route.inputs.empty() ? std::map<std::string, std::string>{} : route.inputs[0]);
        UNDERSTUDY_LET(first, who->ask_whole(target));
        UNDERSTUDY_LET(second, who->ask_whole(target));
        if (second.seen.status == 0) return fail(errc::unreachable, "no answer: " + second.seen.error, one_.url);
        model::route_profile out;
        out.route = route.name;
        out.identity = name;
        out.status = second.seen.status;
        out.first = http::name_of(first.seen.cache);
        out.second = http::name_of(second.seen.cache);
        out.headers = profiled_headers(first.headers, second.headers, key_);
        return out;
    }

    result<measure::visitor*> visitor_of(const std::string& name) {
        if (const auto found = visitors_.find(name); found != visitors_.end()) return &found->second;
        measure::visitor_options how;
        how.before_request = [this] { return pace_.wait(); };
        UNDERSTUDY_LET(made, measure::visitor::make(runtime_, one_, *one_.who(name), {}, how));
        UNDERSTUDY_TRY(made.prove());
        return &visitors_.emplace(name, std::move(made)).first->second;
    }

    void take(const std::string& output) {
        const auto secrets = store::known_secrets(one_);
        for (auto& [name, value] : settings_in(output)) {
            const bool plain = is_harmless(name, value) && exec::redact(value, secrets) == value;
            into_.application.emplace(name, plain ? value : key_.digest(value));
        }
    }

    void miss(std::string fact, std::string why) { into_.degraded.push_back({std::move(fact), std::move(why)}); }

    net::runtime& runtime_;
    const model::environment& one_;
    const store::profile_key& key_;
    model::profile& into_;
    measure::pacer pace_;
    std::map<std::string, measure::visitor> visitors_;
};

}  // namespace

std::map<std::string, std::string> profiled_headers(const http::headers& first, const http::headers& second,
                                                    const store::profile_key& key) {
    std::map<std::string, std::string> out;
    for (const auto& field : second) {
        const auto name = http::lower(field.name);
        if (is_among(left_out, name) || out.contains(name)) continue;
        const auto value = http::combined(second, name).value_or("");
        if (name == "set-cookie")
            out[name] = cookies_text(second);
        else if (name == "etag")
            out[name] = validator_text(value);
        else if (is_among(present_headers, name))
            out[name] = "there";
        else if (is_among(shown_headers, name))
            out[name] = value.substr(0, longest_value);
        else
            out[name] = http::combined(first, name) == value ? key.digest(value) : "varies";
    }
    return out;
}

status look_at_application(net::runtime& on, const std::vector<model::route>& routes, const model::environment& one,
                           const store::profile_key& key, model::profile& into) {
    into.digest_key = key.id();
    looker all(on, one, key, into);
    UNDERSTUDY_TRY(all.pages(routes));
    return all.settings();
}

}  // namespace understudy::snapshot
