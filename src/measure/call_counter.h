// measure/call_counter.h - what the database itself counted while one request was answered.
//
// Requests are serial, so the difference of two readings is the request's, as long as nobody else asks the database.
// That is looked at all the time: once for a second (later arms: a fifth of one) before an arm, while no page is asked
// for, and in every gap between two requests. A single foreign call makes the counts of that arm unknown: it could as
// well have fallen into a request.
//
// What the application still asks after it has answered (work after the response) is seen in the gap, as a foreign
// call.
//
// Cost: two round trips a request, outside of its time. Thread rule: that of its runtime.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "database/session.h"
#include "model/environment.h"
#include "model/measurement.h"
#include "net/runtime.h"

namespace understudy::measure {

// With the secret read: errc::secret_missing. The environment must have a database.
[[nodiscard]] result<database::address> address_of(const model::environment& where);

class call_counter {
public:
    // Connects nothing yet. Both must outlive it, and the environment must have a database.
    call_counter(net::runtime& on, const model::environment& where) : runtime_(on), environment_(where) {}

    // Connects where that is needed; the errors of database::session::open, and secret_missing.
    [[nodiscard]] status open();
    // Before an arm, and never within one, a session that the database closed meanwhile is opened anew. What cannot be
    // had is no error: why() says so. Errors: interrupted.
    [[nodiscard]] status begin_arm();
    // Around one request. Errors: interrupted. Empty where the request's calls are unknown.
    [[nodiscard]] status before();
    [[nodiscard]] result<std::optional<std::uint64_t>> after();

    // What was asked since the last reading was asked for us (a login): it is no foreign call.
    void pass_over() { last_.reset(); }

    // Why nothing that was counted since begin_arm can be believed; empty: it can.
    [[nodiscard]] const std::optional<model::unknown_reason>& why() const { return why_; }
    [[nodiscard]] const std::string& source() const { return source_; }  // "PostgreSQL"; empty: never connected
    [[nodiscard]] const std::string& server() const { return server_; }  // "PostgreSQL 15.18"
    // All statements so far. Not within an arm.
    [[nodiscard]] result<database::statement_list> statements();
    // The words for an error of its session.
    [[nodiscard]] model::unknown_reason reason_of(const error& wrong) const;
    // Time spent looking whether it is quiet.
    [[nodiscard]] std::chrono::nanoseconds waited() const { return waited_; }

private:
    // What `question` answers, on a session that may have been idle: asked once more where that one was closed.
    [[nodiscard]] auto ask_anew(auto question) -> decltype(question());
    // Foreign calls since the last reading, and the reading now.
    [[nodiscard]] status look(std::string_view when);
    [[nodiscard]] result<std::optional<database::call_count>> read();
    [[nodiscard]] result<std::optional<std::uint64_t>> since_last();

    net::runtime& runtime_;
    const model::environment& environment_;
    std::optional<database::session> session_;
    std::optional<database::call_count> last_;
    std::optional<model::unknown_reason> why_;
    std::string source_, server_;
    bool looked_ = false;  // for a whole second
    std::chrono::nanoseconds waited_{};
};

}  // namespace understudy::measure
