// measure/visitor.h - one identity on one environment: logs in, proves who it is, and asks for pages, each one timed.
//
// A visitor has its own connection and cookies. It never follows a redirect. Each request carries the environment's
// secret header and an id of its own, so that a replayed Server-Timing is told from this request's own.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "http/cache_status.h"
#include "http/cookie_jar.h"
#include "http/server_timing.h"
#include "model/environment.h"
#include "net/http_client.h"

namespace understudy::measure {

struct marker {
    std::string identity;
    std::string text;
};

// One request as it went.
struct sample {
    int status = 0;                      // 0: no response
    std::string error;                   // "HTTP 500", "timed_out"; empty: fine
    std::chrono::nanoseconds latency{};  // from when it was due to the last byte, or to the failure
    http::cache_result cache = http::cache_result::unknown;
    std::string cache_source;
    http::cache_report caches;  // what `cache` and `cache_source` were taken from
    std::string forbids;        // what in the answer keeps a server's or an edge's cache from storing it, if known
    http::database_reading database;
    std::optional<std::uint64_t> counted_calls;  // by the database itself, where it is asked (call_counter.h)
    std::vector<std::string> markers_of;         // identities whose marker the body holds, this one's own too
    bool logged_out = false;                     // a member was sent away: 401, 403, or a redirect
};

// A request's outcome with what was said beside the page.
struct look {
    sample seen;
    http::headers headers;  // may hold cookies: secrets of the user
};

struct visitor_options {
    std::chrono::milliseconds patience{10'000};  // for one request
    std::function<status()> before_request;      // pacing, logins and proofs too; not timed; empty: none
};

// Whether a text has the form of the ids that visitors send: "us" and 16 hexadecimal digits of the visitor, "-", the
// number of its request. Short, and of characters that every header and log takes.
[[nodiscard]] bool is_request_id(std::string_view text);

class visitor {
public:
    // Connects nothing yet. Secrets are read here: errc::secret_missing.
    [[nodiscard]] static result<visitor> make(net::runtime& on, const model::environment& where,
                                              const model::identity& who, std::vector<marker> markers,
                                              const visitor_options& options);

    // Logs in if that is needed and proves that the identity is who it should be; once more on a first failure, for a
    // session may have expired. errc::login_failed says what the proof found instead; http errors as they came.
    [[nodiscard]] status prove();
    // Whether it is still who it should be, without logging in. errc::login_failed, http errors as they came.
    [[nodiscard]] status still_itself() { return member_ ? check_proof() : status{}; }
    // Whether it can log in by itself once more: a cookie or header that has expired cannot be renewed.
    [[nodiscard]] bool can_log_in() const { return who_.form.has_value(); }
    // One GET of a target. A failed request is a sample with an error, not an error. A page that was given when the
    // target was first asked for (2xx) and now is a redirect is failed: "HTTP 302".
    [[nodiscard]] result<sample> ask(const std::string& target);
    // The same, with the headers of the answer. `more` goes along; a Cookie among it replaces this visitor's.
    [[nodiscard]] result<look> ask_whole(const std::string& target, const http::headers& more = {});

    [[nodiscard]] const std::string& name() const { return name_; }
    // Whether its own marker was in anything that it was given. If not, a leak of it could not have been seen.
    [[nodiscard]] bool has_marker() const;
    // Whether its requests carry an Authorization header: an answer to them is shared only where it says so (RFC
    // 9111 3.5).
    [[nodiscard]] bool sends_authorization() const;
    [[nodiscard]] bool saw_own_marker() const { return saw_own_marker_; }
    // Time spent waiting for responses, logins and proofs included.
    [[nodiscard]] std::chrono::nanoseconds waited() const { return waited_; }
    // The request's and the login's headers of an ordinary GET, for `measure --headers` and doctor.
    [[nodiscard]] result<net::http_response> fetch(const std::string& target);

private:
    visitor(net::http_client client, const model::identity& who)
        : client_(std::move(client)), who_(who), name_(who.name) {}
    [[nodiscard]] result<net::http_response> send(net::http_request request);
    [[nodiscard]] status log_in();
    [[nodiscard]] status check_proof();
    void read_into(sample& out, const std::string& target, const net::http_response& response);

    net::http_client client_;
    model::identity who_;
    std::string name_;
    http::headers fixed_;  // instrument, basic auth, login header
    std::string password_;
    std::vector<marker> markers_;
    visitor_options options_;
    http::cookie_jar jar_;
    std::chrono::nanoseconds last_took_{};
    std::uint64_t count_ = 0;
    std::string mark_;  // begins its request ids
    std::string last_id_;
    std::map<std::string, bool> was_page_;  // of each target: whether its first answer was one
    bool saw_own_marker_ = false;
    std::chrono::nanoseconds waited_{};
    bool member_ = false;
};

}  // namespace understudy::measure
