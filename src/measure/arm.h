// measure/arm.h - one arm: the planned routes asked by their identities, cold and warm apart -> a measurement.
//
// Requests are serial, so that Redis's counters and the database's are theirs. For each route and identity:
//   cold  the route's keys are purged (a callback), then one request counts; as often as planned. One that a cache in
//         front of the application answers all the same was not cold: it does not count, and a warning says so
//   warm  after all the cold ones, each input asked once before any counts, so that every arm starts from the same
//         state; then in rounds, every row once a round. Rows of a control are kept apart: what a request before them
//         left to do (closing, collecting garbage, caches of the processor) is paid by one of their own
// Each miss that another request of the same visitor for the same page follows, with no purge between, is told to be
// stored or not. Routes that are not to be purged (controls) have no cold rows. Then the leak pass: for each route that
// two identities share, in every order of two, the first asks and then the second, and no marker of another may be in
// what it gets. The order of routes and identities, and of each round, is drawn from the seed, the same for both arms
// of a block.
// Database calls are what Server-Timing reports. Where a database is asked too, its own count stands in where the
// header says nothing or no call was only inferred (an old answer came), and the two are compared wherever both are
// known; a difference is a warning.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "measure/call_counter.h"
#include "measure/visitor.h"
#include "model/environment.h"
#include "model/measurement.h"

namespace understudy::measure {

struct route_plan {
    const model::route* route = nullptr;
    std::vector<std::string> identities;
    std::map<std::string, std::string> input;  // {}: the route's inputs in turn
    int cold = 0;
    int warm = 10;
    bool apart = false;  // each warm request that counts follows one of the same that does not
    bool leaks = true;
    bool purge_for_leaks = false;
};

struct redis_counts {
    std::uint64_t hits = 0, misses = 0;
};

struct arm_hooks {
    std::function<status()> make_cold;            // empty: no cold rows anywhere
    std::function<result<redis_counts>()> redis;  // empty: unknown
    call_counter* database = nullptr;             // null: the database is not asked
    std::function<void(std::uint64_t done, std::uint64_t total)> progress;
};

struct arm_plan {
    std::vector<route_plan> routes;
    std::uint64_t seed = 1;
    std::string arm;
    int block = 0;
    bool login_may_fail = false;  // after a change: then every request of that identity is an error
};

class arm_runner {
public:
    // Both must outlive it.
    arm_runner(std::vector<visitor>& visitors, const arm_hooks& hooks) : visitors_(visitors), hooks_(hooks) {}
    arm_runner(std::vector<visitor>&, arm_hooks&&) = delete;

    // Errors: login_failed and what the hooks return; disturbed where a session ended in the middle, and in the second
    // try again. A request that fails is counted, not returned.
    [[nodiscard]] result<model::measurement> run(const arm_plan& plan);

    // How many requests a plan makes, proofs and logins left out.
    [[nodiscard]] static std::uint64_t requests_of(const arm_plan& plan);

private:
    struct visit;
    // The answer before, by identity and page, since the last purge.
    struct last_answer {
        model::series_key row;
        http::cache_report caches;
        std::string forbids;
    };
    [[nodiscard]] result<model::measurement> run_once(const arm_plan& plan);
    struct warm_row;
    [[nodiscard]] result<std::vector<visit>> visits_of(const std::vector<route_plan>& routes, seeded_random& random);
    [[nodiscard]] static int most_rounds(const std::vector<visit>& visits);
    [[nodiscard]] status cold_row(const visit& at);
    [[nodiscard]] status warm_rows(const std::vector<visit>& visits, seeded_random& random);
    [[nodiscard]] status warm_round(std::vector<warm_row>& rows, int turn);
    [[nodiscard]] status leak_pass(const route_plan& plan);
    [[nodiscard]] result<sample> ask(const visit& at, int turn);
    [[nodiscard]] status ask_in_vain(const visit& at, const model::series_key& row, int turn);
    [[nodiscard]] status take_counts(redis_counts& into);
    [[nodiscard]] result<sample> ask_and_count(const visit& at, int turn);
    void compare_counts(const visit& at, const sample& seen);
    void count_sample(model::series& row, const sample& seen);
    void settle_counts();
    void settle_row(model::series& row);
    void add_row(model::series row);
    void follow_up(const model::series_key& row, const std::string& page, const sample& seen);
    void note_leaks(const visit& at, const sample& seen);
    void warn_of_warm(const visit& at, int answered);
    [[nodiscard]] status admit(visitor& who, bool may_fail);
    [[nodiscard]] status see_out(visitor& who, const arm_plan& plan);
    [[nodiscard]] visitor* find(const std::string& name);

    std::vector<visitor>& visitors_;
    const arm_hooks& hooks_;
    model::measurement out_;
    std::uint64_t done_ = 0, total_ = 0;
    struct disagreement {
        std::uint64_t times = 0, reported = 0, counted = 0;  // the numbers of the first one
    };
    std::map<model::series_key, std::map<std::uint64_t, std::uint64_t>> counted_;  // by the database itself
    std::map<std::string, disagreement> disagreements_;                            // "category as ada"
    // Answers that seemed to come from a cache in front, while the database counted calls.
    std::map<model::series_key, std::uint64_t> asked_all_the_same_;
    bool again_ = false;                        // the arm is measured a second time
    std::map<std::string, sample> locked_out_;  // identities that could not log in, and what each request of them is
    std::map<std::pair<std::string, std::string>, last_answer> last_;
    std::map<model::series_key, model::miss_tally> missed_;
};

}  // namespace understudy::measure
