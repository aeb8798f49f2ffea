// cli/init_survey.h - what `init` asks of the two environments and reads of the sources of routes.
//
// Everything is a GET as an anonymous visitor, or a command of a read-only link. Production is asked no faster than its
// limit says, and only for its front page, robots.txt and sitemaps; everything else is asked of staging. Keys of Redis
// are turned into templates at once; no value is read.
//
// Thread rule: that of the runtime.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/terminal.h"
#include "discover/access_log.h"
#include "discover/address.h"
#include "discover/framework.h"
#include "discover/project_text.h"
#include "discover/routes.h"
#include "measure/visitor.h"
#include "model/environment.h"
#include "net/runtime.h"
#include "net/writable_link.h"

namespace understudy::cli {

// The anonymous visitor of one environment.
class site {
public:
    [[nodiscard]] static result<site> open(net::runtime& on, const model::environment& where);

    // One GET. What the answer tells of its framework goes into `seen`.
    [[nodiscard]] result<net::http_response> get(const std::string& target, discover::signs& seen);
    // The same, going after redirects that stay on this origin, three at most.
    [[nodiscard]] result<net::http_response> follow(std::string target, discover::signs& seen);
    [[nodiscard]] const discover::web_origin& origin() const { return origin_; }
    [[nodiscard]] const std::string& url() const { return url_; }

private:
    site(measure::visitor visitor, discover::web_origin origin, std::string url)
        : visitor_(std::move(visitor)), origin_(std::move(origin)), url_(std::move(url)) {}
    measure::visitor visitor_;
    discover::web_origin origin_;
    std::string url_;
};

struct checked_route {
    discover::route_part part;
    bool answers = false;  // with 2xx, at least one of its inputs
};

class survey {
public:
    survey(net::runtime& runtime, const model::project& draft, progress& shown)
        : runtime_(runtime), draft_(draft), shown_(shown) {}

    // Reaches Redis and the front page of both; fills the notes of `parts`.
    // Errors: those of the links, http_failed, unsafe_target where staging is production.
    [[nodiscard]] status reach(discover::project_parts& parts);
    // Pages of the sitemap at `given`, or of those that robots.txt names. What it found is told in `sources`; that
    // there is none is no error.
    [[nodiscard]] status read_sitemaps(const std::string& given, discover::route_miner& into,
                                       std::vector<std::string>& sources);
    // Which inputs of a route staging answers with 2xx.
    [[nodiscard]] result<checked_route> check(discover::found_route route, const std::string& name);
    // Whether staging answers 2xx to a page that cannot be there.
    [[nodiscard]] result<bool> answers_anything();
    [[nodiscard]] result<std::optional<discover::login_part>> find_login();
    [[nodiscard]] std::vector<discover::framework_guess> frameworks() const { return discover::recognise(seen_); }

private:
    [[nodiscard]] status reach_redis(const model::environment& one, discover::environment_part& part);
    [[nodiscard]] status reach_web(const model::environment& one, discover::environment_part& part);
    [[nodiscard]] status sample_keys(const model::environment& one, int calls);
    [[nodiscard]] result<bool> read_sitemaps_of(site& from, const std::string& given, discover::route_miner& into,
                                                std::vector<std::string>& sources);

    net::runtime& runtime_;
    const model::project& draft_;
    progress& shown_;
    discover::signs seen_;
    std::optional<site> production_, staging_;
    std::vector<std::string> login_pages_;  // where redirects of staging led
    std::vector<net::server_identity> production_identities_;
};

// A log, or standard input for "-". errc::bad_file where it is packed, or holds no line of a log.
[[nodiscard]] result<discover::log_counts> read_access_log(const std::string& path, discover::log_time last_number,
                                                           discover::route_miner& into, progress& shown);
// One path or URL a line; `#` and empty lines are passed over. The number of lines taken.
[[nodiscard]] result<std::uint64_t> read_route_list(const std::string& path, discover::route_miner& into);

}  // namespace understudy::cli
