// rehearse/workload.h - what the database and Redis were asked during one arm: the statements that cost most, and what
// Redis calls slow. Statements come without their values, keys as templates.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "base/error.h"
#include "database/session.h"
#include "measure/call_counter.h"
#include "model/evidence.h"
#include "net/write_link.h"
#include "resp/value.h"

namespace understudy::rehearse {

// The statements that were called between two looks: the ten most called and the ten that took longest, most calls
// first. Unknown where a list was cut (what it lacks may be what cost most), and where the database counted anew or
// forgot statements in between. Pure.
using statement_costs = std::expected<std::vector<model::statement_cost>, model::unknown_reason>;
[[nodiscard]] statement_costs costs_between(const database::statement_list& before,
                                            const database::statement_list& after);

// The entries of a reply to SLOWLOG GET with an id above `last`, ours left out, those of one command and key template
// together; 20 at most, the slowest first. What has another form than Redis documents is passed over. Pure.
[[nodiscard]] std::vector<model::slow_command> slow_commands_in(const resp::value& reply, std::int64_t last);

// The same of several servers as one list. Pure.
[[nodiscard]] std::vector<model::slow_command> together(std::vector<model::slow_command> of_each);

// Between begin() and end(). What cannot be had is no error but unknown. Errors of both: interrupted.
class workload_watch {
public:
    // `database` may be null; both must outlive it. `threshold` is slowlog-log-slower-than as Redis has it, or empty.
    workload_watch(net::write_link& link, measure::call_counter* database, std::string threshold)
        : link_(link), database_(database), threshold_(std::move(threshold)) {}

    [[nodiscard]] status begin();
    [[nodiscard]] result<model::workload> end();

private:
    [[nodiscard]] status begin_slow_log();
    [[nodiscard]] status end_slow_log();
    [[nodiscard]] status end_statements();

    net::write_link& link_;
    measure::call_counter* database_;
    std::string threshold_;
    database::statement_list before_;
    std::vector<std::int64_t> last_;  // of each primary, the id of the newest entry of its slow log
    model::workload out_;
};

}  // namespace understudy::rehearse
