#include "cli/init_survey.h"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <set>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "apply/rollback.h"
#include "base/hash.h"
#include "base/interrupt.h"
#include "discover/sitemap.h"
#include "http/html.h"
#include "http/set_cookie.h"
#include "keyspace/family.h"
#include "net/read_only_cluster.h"
#include "net/server_info.h"
#include "rehearse/preflight.h"
#include "store/file.h"

namespace understudy::cli {

namespace {

constexpr std::chrono::seconds patience{5};
constexpr std::size_t most_signs = 300;

bool is_page(int status) {
    return status >= 200 && status < 300;
}
bool is_redirect(int status) {
    return status >= 300 && status < 400 && status != 304;
}

// Requests no closer together than the environment's limit says.
std::function<status()> pace(net::runtime& runtime, double per_second) {
    if (per_second <= 0) return {};
    const auto gap =
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(1 / per_second));
    return [&runtime, gap, next = net::deadline::clock::time_point{}]() mutable {
        const auto due = next;
        next = std::max(due, net::deadline::clock::now()) + gap;
        return runtime.sleep_until(due);
    };
}

void note_signs(const net::http_response& answer, discover::signs& into) {
    for (const auto& field : answer.headers) {
        if (http::same_name(field.name, "Set-Cookie")) {
            const auto cookie = http::parse_set_cookie(field.value);
            if (cookie && std::ranges::find(into.cookies, cookie->name) == into.cookies.end() &&
                into.cookies.size() < most_signs)
                into.cookies.push_back(cookie->name);
        } else if (into.headers.size() < most_signs) {
            into.headers.push_back(field);
        }
    }
}

// What a configuration can name: any page may call its fields what it likes.
bool is_plain_field(const std::string& name) {
    return name.size() <= 64 && std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7f; });
}

std::string path_of(std::string_view target) {
    return std::string(target.substr(0, target.find('?')));
}

}  // namespace

// --- site ----------------------------------------------------------------------------------------------------------

result<site> site::open(net::runtime& on, const model::environment& where) {
    const auto address = discover::parse_address(where.url);
    if (!address || address->target != "/")
        return fail(errc::config_bad_value, "expected the URL of a host, without a path: https://host:port", where.url);
    UNDERSTUDY_LET(visitors,
                   rehearse::visitors_of(on, where, {"anonymous"}, pace(on, where.limits.requests_per_second)));
    return site(std::move(visitors.front()), address->origin, where.url);
}

result<net::http_response> site::get(const std::string& target, discover::signs& seen) {
    UNDERSTUDY_LET(answer, visitor_.fetch(target));
    note_signs(answer, seen);
    return std::move(answer);
}

result<net::http_response> site::follow(std::string target, discover::signs& seen) {
    constexpr int most = 3;
    for (int hop = 0;; ++hop) {
        UNDERSTUDY_LET(answer, get(target, seen));
        const auto* location = is_redirect(answer.status) ? http::find(answer.headers, "Location") : nullptr;
        if (!location || hop == most) return std::move(answer);
        const auto next = discover::resolve(origin_, *location);
        if (!next || next->origin != origin_) return std::move(answer);
        target = next->target;
    }
}

// --- reaching ------------------------------------------------------------------------------------------------------

status survey::reach_redis(const model::environment& one, discover::environment_part& part) {
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(one));
    UNDERSTUDY_LET(redis, net::read_only_cluster::connect(runtime_, endpoint, net::deadline::after(patience)));
    const auto& facts = redis.facts();
    part.notes.push_back(fmt::format("Its Redis is {} {}{}, maxmemory-policy {}.", facts.software, facts.version,
                                     redis.is_cluster() ? ", a Cluster of " + net::size_of(*redis.shape()) : "",
                                     facts.maxmemory_policy.empty() ? "unknown" : facts.maxmemory_policy));
    if (one.role == model::role::production) {
        production_identities_ = redis.identities();
        return {};
    }
    const net::write_permission permission{true, production_identities_};
    for (const auto& primary : redis.primaries())
        UNDERSTUDY_TRY(net::may_write_node(primary.facts, permission, endpoint.text()));
    return {};
}

status survey::reach_web(const model::environment& one, discover::environment_part& part) {
    UNDERSTUDY_LET(opened, site::open(runtime_, one));
    auto& place = one.role == model::role::production ? production_ : staging_;
    place.emplace(std::move(opened));
    UNDERSTUDY_LET(front, place->get("/", seen_));
    part.basic = front.status == 401 && http::find(front.headers, "WWW-Authenticate") != nullptr;
    const auto* location = is_redirect(front.status) ? http::find(front.headers, "Location") : nullptr;
    if (!location) {
        part.notes.push_back(fmt::format("Its front page answers HTTP {}.", front.status));
        return {};
    }
    const auto there = discover::resolve(place->origin(), *location);
    if (there && there->origin != place->origin())
        part.notes.push_back(
            fmt::format("Its front page redirects to another host ({}): is that the right url?", there->origin.host));
    else
        part.notes.push_back(fmt::format("Its front page answers HTTP {}, a redirect.", front.status));
    return {};
}

status survey::sample_keys(const model::environment& one, int calls) {
    constexpr std::size_t most_keys = 4000;
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(one));
    net::link_options small;
    small.reply_bytes = 8u << 20;
    UNDERSTUDY_LET(redis, net::read_only_cluster::connect(runtime_, endpoint, net::deadline::after(patience), small));
    std::set<std::string> templates(seen_.keys.begin(), seen_.keys.end());
    std::size_t keys = 0;
    // The first primary of a Cluster: which slot a key lies in says nothing of its shape.
    auto& link = redis.primaries().front().link;
    std::string cursor = "0";
    do {
        UNDERSTUDY_LET(reply, link.call({"SCAN", cursor, "COUNT", "200"}, net::deadline::after(patience)));
        if (reply.elements.size() != 2) return fail(errc::protocol, "SCAN answered something else", link.where());
        cursor = reply.elements[0].as_text().value_or("0");
        for (const auto& key : reply.elements[1].elements)
            if (++keys <= most_keys && templates.size() < most_signs)
                templates.insert(keyspace::key_template(key.as_text().value_or("")));
    } while (cursor != "0" && --calls > 0 && keys < most_keys);
    seen_.keys.assign(templates.begin(), templates.end());
    return {};
}

status survey::reach(discover::project_parts& parts) {
    for (auto& part : parts.environments) {
        const auto* one = draft_.find(part.name);
        shown_.show("asking " + part.name, 0, 0);
        UNDERSTUDY_TRY(reach_redis(*one, part));
        UNDERSTUDY_TRY(reach_web(*one, part));
    }
    // Staging's keys suffice mostly; production is asked for some only where they tell nothing.
    shown_.show("looking at the shapes of keys", 0, 0);
    for (const auto& [role, calls] : {std::pair{model::role::staging, 20}, {model::role::production, 10}}) {
        const auto guesses = frameworks();
        if (role == model::role::production && !guesses.empty() && guesses.front().how != discover::sureness::perhaps)
            break;
        const auto done = sample_keys(*draft_.with_role(role), calls);
        if (!done && done.error().code == errc::interrupted) return done;
        if (!done)
            shown_.sink().warning(fmt::format("the keys of {} were not looked at: {}", draft_.with_role(role)->name,
                                              done.error().text()));
    }
    return {};
}

// --- sitemaps ------------------------------------------------------------------------------------------------------

namespace {

struct page_counts {
    std::uint64_t taken = 0, elsewhere = 0, files = 0;
    std::string trouble;  // of the first file that could not be read
};

// One file, unpacked and parsed.
result<discover::sitemap> sitemap_of(const net::http_response& answer) {
    if (answer.status != 200) return fail(errc::http_failed, fmt::format("HTTP {}", answer.status));
    if (!discover::is_gzip(answer.body)) return discover::parse_sitemap(answer.body);
    UNDERSTUDY_LET(text, discover::gunzip(answer.body));
    return discover::parse_sitemap(text);
}

}  // namespace

// Both environments' hosts count as this one: staging's sitemap mostly names production's pages. Asked is only `from`.
result<bool> survey::read_sitemaps_of(site& from, const std::string& given, discover::route_miner& into,
                                      std::vector<std::string>& sources) {
    constexpr std::uint64_t most_files = 8;
    constexpr int deepest = 2;
    const auto ours = [&](const discover::web_origin& origin) {
        return (production_ && origin == production_->origin()) || (staging_ && origin == staging_->origin());
    };
    std::deque<std::pair<std::string, int>> waiting;
    const auto wait_for = [&](const std::string& reference, int depth) {
        const auto there = discover::resolve(from.origin(), reference);
        if (there && ours(there->origin)) waiting.emplace_back(there->target, depth);
        return there && ours(there->origin);
    };
    if (!given.empty()) {
        if (!wait_for(given, 0))
            return fail(errc::usage, "a sitemap is a path or a URL of one of the two environments", "--sitemap");
    } else {
        UNDERSTUDY_LET(robots, from.follow("/robots.txt", seen_));
        if (robots.status == 200)
            for (const auto& one : discover::sitemaps_of_robots(robots.body))
                (void)wait_for(one, 0);
        if (waiting.empty()) waiting.emplace_back("/sitemap.xml", 0);
    }
    page_counts counts;
    std::set<std::string> asked;
    const std::string first = waiting.front().first;
    bool more = false;
    for (; !waiting.empty(); waiting.pop_front()) {
        const auto [target, depth] = waiting.front();
        if (!asked.insert(target).second) continue;
        if (asked.size() > most_files || counts.taken >= discover::max_sitemap_pages) {
            more = true;
            break;
        }
        shown_.show("reading sitemaps of " + from.url(), asked.size(), 0);
        auto answer = from.follow(target, seen_);
        if (!answer && answer.error().code == errc::interrupted) return pass(std::move(answer));
        const auto read = answer ? sitemap_of(*answer) : result<discover::sitemap>(pass(std::move(answer)));
        if (!read) {
            if (counts.trouble.empty()) counts.trouble = read.error().what;
            continue;
        }
        ++counts.files;
        more = more || read->cut;
        for (const auto& page : read->pages) {
            const auto there = discover::resolve(from.origin(), page);
            if (there && ours(there->origin)) {
                into.add(there->target);
                ++counts.taken;
            } else {
                ++counts.elsewhere;
            }
        }
        if (depth < deepest)
            for (const auto& one : read->sitemaps)
                if (waiting.size() <= most_files && !wait_for(one, depth + 1)) ++counts.elsewhere;
    }
    if (counts.files == 0) {
        sources.push_back(fmt::format("No sitemap at {}{}: {}.", from.url(), path_of(first), counts.trouble));
        return false;
    }
    sources.push_back(
        fmt::format("From {} pages of the sitemap at {}{}{}{}.", counts.taken, from.url(), path_of(first),
                    counts.elsewhere > 0 ? fmt::format("; {} of other hosts were passed over", counts.elsewhere) : "",
                    more ? "; there is more of it than was read" : ""));
    if (!counts.trouble.empty()) sources.push_back("A part of it could not be read: " + counts.trouble + ".");
    return counts.taken > 0;
}

status survey::read_sitemaps(const std::string& given, discover::route_miner& into, std::vector<std::string>& sources) {
    for (auto* from : {&production_, &staging_}) {
        if (!*from) continue;
        auto found = read_sitemaps_of(**from, given, into, sources);
        if (!found) {
            if (found.error().code == errc::interrupted || found.error().code == errc::usage)
                return pass(std::move(found));
            sources.push_back(fmt::format("{} did not give its sitemap: {}.", (*from)->url(), found.error().what));
        } else if (*found) {
            return {};
        }
    }
    return {};
}

// --- routes and logins, on staging ---------------------------------------------------------------------------------

result<checked_route> survey::check(discover::found_route route, const std::string& name) {
    checked_route out;
    out.part.name = name;
    out.part.path = route.path;
    model::route shape;
    shape.path = route.path;
    std::string refusal;
    for (auto& input : route.inputs) {
        auto answer = staging_->get(shape.target(input), seen_);
        if (!answer && answer.error().code == errc::interrupted) return pass(std::move(answer));
        if (answer && is_page(answer->status)) {
            out.part.inputs.push_back(std::move(input));
            continue;
        }
        refusal = answer ? fmt::format("HTTP {}", answer->status) : std::string(answer.error().what);
        const auto* location =
            answer && is_redirect(answer->status) ? http::find(answer->headers, "Location") : nullptr;
        const auto there = location ? discover::resolve(staging_->origin(), *location) : std::nullopt;
        if (!there || there->origin != staging_->origin()) continue;
        const auto page = path_of(there->target);
        if (page.find("login") == std::string::npos && page.find("sign") == std::string::npos) continue;
        refusal = "a redirect to the login page: only for members, name one with `as`";
        if (std::ranges::find(login_pages_, page) == login_pages_.end()) login_pages_.push_back(page);
    }
    out.answers = !out.part.inputs.empty();
    if (!out.answers)
        out.part.note = route.inputs.empty()
                            ? "Its values may name people, so none is copied: give one that may be known."
                            : "Staging answered an anonymous visitor with " + refusal + ".";
    // A comment that can be made true needs its input.
    if (!out.answers) out.part.inputs = std::move(route.inputs);
    return out;
}

result<bool> survey::answers_anything() {
    UNDERSTUDY_LET(answer, staging_->get("/understudy-" + hex(random_bytes(6)), seen_));
    return is_page(answer.status);
}

result<std::optional<discover::login_part>> survey::find_login() {
    constexpr std::size_t most = 5;
    auto pages = login_pages_;
    for (const auto* usual : {"/login/", "/accounts/login/", "/login", "/wp-login.php", "/users/sign_in"})
        if (pages.size() < most && std::ranges::find(pages, usual) == pages.end()) pages.emplace_back(usual);
    for (const auto& page : pages) {
        shown_.show("looking for a login form", 0, 0);
        auto answer = staging_->get(page, seen_);
        if (!answer && answer.error().code == errc::interrupted) return pass(std::move(answer));
        if (!answer || answer->status != 200) continue;
        auto fields = http::input_fields(answer->body);
        std::erase_if(fields, [](const auto& field) { return !is_plain_field(field.name); });
        const auto password = std::ranges::find(fields, "password", &http::input_field::type);
        if (password == fields.end()) continue;
        discover::login_part out{page, "", password->name, ""};
        for (auto at = fields.begin(); at != password; ++at)
            if (at->type == "text" || at->type == "email") out.username_field = at->name;
        for (const auto* token : {"csrfmiddlewaretoken", "_token", "authenticity_token", "_csrf", "csrf_token"})
            if (out.csrf_field.empty() && http::hidden_field(answer->body, token)) out.csrf_field = token;
        return out;
    }
    return std::nullopt;
}

// --- files ---------------------------------------------------------------------------------------------------------

namespace {

// Heeds a signal also where the file is a pipe that says nothing.
result<std::size_t> read_some(int fd, char* into, std::size_t room, const std::string& path) {
    for (;;) {
        pollfd waits[2] = {{fd, POLLIN, 0}, {interrupt_fd(), POLLIN, 0}};
        if (poll(waits, 2, -1) < 0 && errno != EINTR) return std::unexpected(store::file_error(errno, "read", path));
        if (interrupt_signal() != 0) return std::unexpected(interrupted_error());
        if (waits[0].revents == 0) continue;
        const auto got = ::read(fd, into, room);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno != EINTR) return std::unexpected(store::file_error(errno, "read", path));
    }
}

}  // namespace

result<discover::log_counts> read_access_log(const std::string& path, discover::log_time last_number,
                                             discover::route_miner& into, progress& shown) {
    store::unique_fd file(path == "-" ? dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.is_open()) return std::unexpected(store::file_error(errno, "open", path));
    discover::log_reader reader(into, last_number);
    std::vector<char> piece(std::size_t{256} << 10);
    std::uint64_t bytes = 0;
    for (;;) {
        UNDERSTUDY_LET(got, read_some(file.get(), piece.data(), piece.size(), path));
        if (got == 0) break;
        const std::string_view part(piece.data(), got);
        if (bytes == 0 && (discover::is_gzip(part) || part.starts_with("\x28\xb5\x2f\xfd") || part.starts_with("BZh")))
            return fail(errc::bad_file,
                        "the log is packed; unpack it on the way: zcat LOG | understudy init --access-log -", path);
        bytes += got;
        reader.feed(part);
        shown.show("reading the access log", bytes >> 20, 0);
    }
    reader.finish();
    const auto& counts = reader.counts();
    if (counts.lines == counts.unreadable)
        return fail(errc::bad_file, "no line of it is one of an access log in the common or combined format", path);
    return counts;
}

result<std::uint64_t> read_route_list(const std::string& path, discover::route_miner& into) {
    UNDERSTUDY_LET(text, store::read_file(path, 4u << 20));
    std::uint64_t taken = 0;
    for (std::string_view rest = text; !rest.empty();) {
        auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(rest.size(), line.size() + 1));
        while (!line.empty() && (line.back() == '\r' || line.back() == ' '))
            line.remove_suffix(1);
        if (line.empty() || line.starts_with('#')) continue;
        const auto url = discover::parse_address(line);
        into.add(url ? std::string_view(url->target) : line);
        ++taken;
    }
    if (taken == 0) return fail(errc::bad_file, "expected one path a line, and there is none", path);
    return taken;
}

}  // namespace understudy::cli
