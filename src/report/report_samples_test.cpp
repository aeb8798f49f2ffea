#include "report/report_samples.h"

#include <cmath>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace understudy::report::samples {

namespace {

using model::metric;
using model::temperature;
using model::verdict;

constexpr int blocks = 8;

wall_time at(const char* text) {
    return *parse_time(text);
}

// What the rows of one arm are like.
struct shape {
    std::string route, identity;
    temperature state = temperature::warm;
    double milliseconds = 10;  // median
    double spread = 0.08;      // of the logarithm
    std::uint64_t calls = 0;
    double hits = 0;
    std::uint64_t redis_hits = 0, redis_misses = 0;  // a request
};

double bell(seeded_random& random) {
    double sum = -6;
    for (int i = 0; i < 12; ++i)
        sum += static_cast<double>(random.below(1'000'000)) / 1e6;
    return sum;
}

model::series series_of(const shape& of, seeded_random& random) {
    model::series out;
    out.key = {of.route, of.identity, of.state};
    out.requests = of.state == temperature::warm ? 10 : 2;
    const double luck = bell(random) * of.spread / 3;
    for (std::uint64_t i = 0; i < out.requests; ++i) {
        double noise = bell(random) * of.spread + luck;
        if (random.below(25) == 0) noise += 0.5;  // a slow one now and then
        out.latency.record(static_cast<std::int64_t>(of.milliseconds * std::exp(noise) * 1e6));
        ++out.database_calls[of.calls];
        const bool hit = static_cast<double>(random.below(1000)) < of.hits * 1000;
        ++(hit ? out.cache.hit : out.cache.miss);
    }
    out.cache_source = "Cache-Status";
    out.database_source = of.route == "account" ? "PostgreSQL" : "Server-Timing";
    if (of.state == temperature::warm) {
        out.redis_hits = of.redis_hits * out.requests;
        out.redis_misses = of.redis_misses * out.requests;
    }
    return out;
}

std::vector<shape> before_shapes() {
    return {{"category", "ada", temperature::cold, 47, 0.06, 24, 0, 1, 2},
            {"category", "ada", temperature::warm, 41, 0.06, 22, 0, 1, 0},
            {"category", "anonymous", temperature::cold, 43, 0.06, 22, 0, 0, 2},
            {"category", "anonymous", temperature::warm, 38, 0.06, 20, 0, 0, 1},
            {"home", "ada", temperature::warm, 6.2, 0.09, 3, 0, 2, 0},
            {"home", "anonymous", temperature::warm, 1.9, 0.1, 0, 1, 1, 0}};
}

std::vector<shape> after_shapes() {
    auto out = before_shapes();
    out[0].milliseconds = 48;
    out[1] = {"category", "ada", temperature::warm, 4.8, 0.1, 2, 0.97, 2, 0};
    out[2].milliseconds = 44;
    out[3] = {"category", "anonymous", temperature::warm, 2.4, 0.1, 0, 0.99, 1, 0};
    return out;
}

model::measurement arm_of(const std::vector<shape>& shapes, const std::string& name, int block, std::uint64_t seed) {
    model::measurement out;
    out.environment = "staging";
    out.arm = name;
    out.block = block;
    out.seed = seed;
    out.from = out.to = at("2026-03-04T10:00:00.000Z");
    seeded_random random(seed + static_cast<std::uint64_t>(block) * 17 + name.size() * 7 +
                         static_cast<unsigned char>(name[0]));
    for (const auto& one : shapes)
        out.rows.push_back(series_of(one, random));
    return out;
}

model::finding time_finding(const std::string& subject, double before, double after, double half, verdict what) {
    model::finding out;
    out.metric = "response_time";
    out.subject = subject;
    out.unit = "ms";
    out.reference = before;
    out.candidate = after;
    out.change = after / before - 1;
    out.range = model::interval{*out.change - half, *out.change + half, 0.95};
    out.method = "trimmed mean and sign-flip, 8 pairs";
    out.p = what == verdict::same ? 0.61 : 0.0078;
    out.margin = 10;
    out.verdict = what;
    return out;
}

model::finding count_finding(const std::string& name, const std::string& subject, double before, double after,
                             verdict what) {
    model::finding out;
    out.metric = name;
    out.subject = subject;
    out.unit = name == "database_calls" ? "calls" : "%";
    out.reference = before;
    out.candidate = after;
    if (before > 0) {
        out.change = after / before - 1;
        out.range = model::interval{*out.change, *out.change, 0.95};
    } else {
        out.range = model::interval{after, after, 0.95};
        if (after == 0) out.change = 0;
    }
    out.method = "constant in each arm, 8 pairs";
    out.margin = name == "cache_status" ? 5 : 0.5;
    out.verdict = what;
    return out;
}

model::expectation expected(metric of, const std::string& identity, const std::string& text, double amount) {
    model::expectation out;
    out.metric = of;
    out.route = "category";
    out.identity = identity;
    out.bound = {model::bound::on::change_percent, model::bound::relation::at_most, amount, text};
    return out;
}

model::change shop_change() {
    model::change out;
    out.name = "cache-category";
    out.file = "/srv/shop/changes/cache-category.toml";
    out.digest = "5f2b7c1de09a44b8f3f0c1c9a6d77e0b8f0a51a4c2be6a9d1a7fd0c0a4f3e2b1";
    out.owner = "Ada Byron <ada@shop.example>";
    out.reason = "category pages ask the database 22 times";
    out.route = "category";
    out.input = {{"slug", "lamps"}};
    out.symptom = "SELECT ... FROM product WHERE category_id = ?";
    out.noticed = "the category page, when a sale starts";
    out.step = model::deploy_step{"deploy", {{"revision", "2"}}};
    out.purge = {"shop:*:category:*", "shop:*:views.decorators.cache.cache_page.*"};
    out.controls = {"home"};
    out.expect = {expected(metric::database_calls, "ada", "<= -50%", -50),
                  expected(metric::response_time, "ada", "<= -30%", -30),
                  expected(metric::error_rate, "anonymous", "same", 0)};
    out.expect[0].primary = true;
    out.expect[2].critical = true;
    out.expect[2].bound.how = model::bound::relation::same;
    out.rollback = {"rollback", {}, ""};
    out.source =
        "# The category page asks the database for each product.\n"
        "owner = \"Ada Byron <ada@shop.example>\"\nreason = \"category pages ask the database 22 times\"\n"
        "route = \"category\"\n\n[step.deploy]\narguments = {revision = \"2\"}\n\n"
        "[[expect]]\nmetric = \"database_calls\"\nas = \"ada\"\nchange = \"<= -50%\"\nprimary = true\n";
    return out;
}

model::proof good_proof() {
    model::proof out;
    out.done = true;
    out.settings = {24, 0, 0};
    out.keys = {312, 28, 3, 0};
    out.removed = 41;
    out.elsewhere_new = 2;
    out.elsewhere_changed = 6;
    out.elsewhere_gone = 0;
    out.elsewhere_expired = 1;
    out.eviction = "the step cannot evict";
    out.database = "the application's own database is not ours to roll back";
    out.release_before = out.release_after = "1";
    out.listed = {{"shop:1:session:{id}", "elsewhere, changed", 6},
                  {"shop:1:category:{n}", "expired meanwhile", 3},
                  {"shop:1:session:{id}", "elsewhere, new", 2}};
    out.seconds = 1.84;
    return out;
}

model::noise quiet_noise() {
    model::noise out;
    out.rows = {{{"category", "ada", temperature::warm}, metric::database_calls, 0.0, 0.0, std::nullopt, false},
                {{"category", "ada", temperature::warm}, metric::response_time, 2.6, 3.1, 0.74, false},
                {{"category", "anonymous", temperature::warm}, metric::error_rate, 0.0, 0.0, std::nullopt, false},
                {{"home", "ada", temperature::warm}, metric::response_time, 4.4, 5.2, 1.0, false},
                {{"home", "anonymous", temperature::warm}, metric::response_time, 6.0, 7.1, 0.52, false}};
    return out;
}

std::vector<model::command_run> shop_commands() {
    const model::command_run deploy{"deploy",
                                    {"./shopctl", "deploy", "2"},
                                    {"PATH", "LANG=C.UTF-8"},
                                    "/srv/shop",
                                    0,
                                    0.92,
                                    "release 2\ngunicorn: reload\nhealthy after 0.4 s\n"};
    const model::command_run rollback{"rollback",
                                      {"./shopctl", "activate", "1"},
                                      {"PATH", "LANG=C.UTF-8"},
                                      "/srv/shop",
                                      0,
                                      0.71,
                                      "release 1\ngunicorn: reload\nhealthy after 0.3 s\n"};
    return {deploy, rollback, deploy, rollback};
}

void fill_arms(model::evidence& out, const std::vector<shape>& after) {
    for (int block = 1; block <= blocks; ++block) {
        out.noise_arms.push_back(arm_of(before_shapes(), "A", block, 100));
        out.noise_arms.push_back(arm_of(before_shapes(), "A'", block, 200));
        out.arms.push_back(arm_of(after, "B", block, 300));
        out.arms.push_back(arm_of(before_shapes(), "A", block, 400));
    }
}

model::comparison good_comparison() {
    model::comparison out;
    const auto& expect = shop_change().expect;
    out.expectations = {{expect[0], count_finding("database_calls", "category as ada, warm", 22, 2, verdict::improved),
                         model::outcome::met, "22 -> 2 calls"},
                        {expect[1], time_finding("category as ada, warm", 41.3, 4.81, 0.011, verdict::improved),
                         model::outcome::met, "41.3 -> 4.81 ms"},
                        {expect[2], count_finding("error_rate", "category as anonymous, warm", 0, 0, verdict::same),
                         model::outcome::met, "0 -> 0 %"}};
    out.controls = {time_finding("home as ada, warm", 6.21, 6.19, 0.021, verdict::same),
                    count_finding("database_calls", "home as ada, warm", 3, 3, verdict::same),
                    time_finding("home as anonymous, warm", 1.9, 1.92, 0.03, verdict::same)};
    out.others = {time_finding("category as anonymous, warm", 38.1, 2.41, 0.012, verdict::improved),
                  count_finding("cache_status", "category as ada, warm", 0, 97.5, verdict::improved),
                  count_finding("cache_status", "category as anonymous, warm", 0, 98.8, verdict::improved),
                  count_finding("database_calls", "category as anonymous, warm", 20, 0, verdict::improved),
                  time_finding("category as ada, cold", 47.1, 48.2, 0.09, verdict::inconclusive)};
    out.others.back().why = "the interval is wider than the margin";
    out.verdict = verdict::improved;
    out.why = "database_calls of category as ada, warm: 22 -> 2 calls (-90.9 %)";
    return out;
}

}  // namespace

model::evidence improved() {
    model::evidence out;
    out.id = "20260304T100000000Z-cache-category-1f3a";
    out.version = "0.1.0";
    out.started = at("2026-03-04T10:00:00.000Z");
    out.ended = at("2026-03-04T10:01:12.400Z");
    out.change = shop_change();
    out.environment = "staging";
    out.environment_url = "http://127.0.0.1:8001";
    out.redis = "127.0.0.1:6390";
    model::finding drift;
    drift.metric = "maxmemory";
    drift.subject = "redis";
    drift.reference_text = "1073741824";
    drift.candidate_text = "104857600";
    drift.method = "exact";
    drift.verdict = verdict::worse;
    drift.why = "how much fits before keys are evicted";
    drift.advice = "CONFIG SET maxmemory 1073741824 on staging";
    out.drift = {drift};
    out.drift_reason = "staging has a tenth of the memory; the data of the shop fits";
    out.noise = quiet_noise();
    fill_arms(out, after_shapes());
    out.comparison = good_comparison();
    out.proof = good_proof();
    out.commands = shop_commands();
    out.conditions = {{"host", "Linux 6.1.0-18-amd64 x86_64, 2 cores"},
                      {"order", "B A A B in turn"},
                      {"redis in production", "redis 7.0.15"},
                      {"redis in staging", "redis 7.0.15"},
                      {"seed", "8812309412"},
                      {"setting before", ""},
                      {"purge", "key patterns declared in the change file, not learned"}};
    out.git.commit = "3f9c2ab58d0e4c1796a2b1d8f0e7c6a5b4d3e2f1";
    out.git.branch = "faster-category";
    out.git.clean = true;
    out.git.compared_with = "8e1d6f0a2b3c4d5e6f708192a3b4c5d6e7f80912";
    out.git.files = {"shop/catalog/views.py", "shop/catalog/tests.py"};
    out.warnings = {"ada had to log in again"};
    out.times = {{"preflight", 0.61},
                 {"save what is there", 0.22},
                 {"noise", 24.8},
                 {"before, apply, purge, after", 44.1},
                 {"roll back", 2.4}};
    out.own_seconds = 2.1;
    out.workload.database = "PostgreSQL 15.18";
    out.workload.statements = {
        {"SELECT SUM(quantity) AS total FROM catalog_stocklevel WHERE product_id = ?", 80, 31.4},
        {"SELECT cents FROM catalog_price WHERE product_id = ? AND valid_from <= ? ORDER BY valid_from DESC LIMIT ?",
         80, 18.25},
        {"SELECT id, name FROM catalog_category WHERE slug = ? ORDER BY id ASC LIMIT ?", 10, 0.9}};
    out.workload.slow_commands = {{"HGETALL", "shop:{int}:basket:{id}", 2, 14.25}};
    out.journal = "/home/ada/.local/state/understudy/journals/20260304T100000000Z-cache-category-1f3a.journal";
    out.exit_code = 0;
    return out;
}

model::evidence leaking() {
    auto out = improved();
    auto& seen = out.comparison;
    seen.leaks = {{"account", "grace", "ada", "ada, then grace"},
                  {"account", "anonymous", "ada", "ada, then anonymous"}};
    seen.old_leaks = {{"search", "anonymous", "grace", "grace, then anonymous"}};
    seen.verdict = verdict::worse;
    seen.why = "ada was shown to grace on account (order: ada, then grace)";
    out.exit_code = 1;
    for (auto& arm : out.arms)
        if (arm.arm == "B") {
            arm.rows[3].errors = {{"HTTP 500", 2}, {"timed_out", 1}};
            arm.rows[1].database_calls = {{2, 6}, {3, 2}, {9, 1}, {24, 1}};
        }
    return out;
}

model::evidence disturbed() {
    auto out = improved();
    out.arms.resize(5);
    out.disturbances = {{"somebody flushed the database (FLUSHALL or FLUSHDB)", "blocks, block 3, B"}};
    out.comparison.verdict = verdict::invalid;
    out.comparison.why =
        "staging was disturbed: somebody flushed the database (FLUSHALL or FLUSHDB) (blocks, block 3, B)";
    out.exit_code = 6;
    return out;
}

model::evidence inconclusive() {
    auto out = improved();
    out.arms.clear();
    out.noise_arms.clear();
    fill_arms(out, before_shapes());
    for (auto* arms : {&out.arms, &out.noise_arms})
        for (auto& arm : *arms)
            for (auto& row : arm.rows) {
                row.database_calls.clear();
                row.database_source.clear();
                row.database_unknown = {"the answers carry no Server-Timing with db;count= and this request's id",
                                        "see docs/instrument.md, and `instrument` in understudy.toml"};
                row.cache.unknown = row.cache.known();
                row.cache.hit = row.cache.miss = 0;
                row.cache_unknown = {"no header of the answers tells a cache's status", "send Cache-Status (RFC 9211)"};
                row.redis_hits.reset();
                row.redis_misses.reset();
            }
    auto& seen = out.comparison;
    seen = {};
    model::judged primary;
    primary.expected = out.change.expect[0];
    primary.found.metric = "database_calls";
    primary.found.subject = "category as ada, warm";
    primary.found.unit = "calls";
    primary.found.margin = 0.5;
    primary.found.why = primary.why = "the answers carry no Server-Timing with db;count= and this request's id";
    primary.found.advice = "see docs/instrument.md, and `instrument` in understudy.toml";
    model::judged slower{out.change.expect[1],
                         time_finding("category as ada, warm", 41.3, 40.9, 0.14, verdict::inconclusive),
                         model::outcome::unmet, "41.3 -> 40.9 ms"};
    slower.found.why = "the interval is wider than the margin";
    seen.expectations = {primary, slower};
    seen.verdict = verdict::inconclusive;
    seen.why = "database_calls of category as ada, warm cannot be judged: " + primary.why;
    out.exit_code = 6;
    return out;
}

model::evidence stopped() {
    auto out = improved();
    out.arms.clear();
    out.noise_arms.resize(5);
    out.noise = {};
    out.comparison = {};
    out.comparison.why = "the rehearsal was stopped: interrupted (safe to try again)";
    out.stopped = "interrupted (safe to try again)";
    out.commands.clear();
    out.exit_code = 130;
    return out;
}

model::evidence rollback_incomplete() {
    auto out = improved();
    out.proof.settings.differ = 1;
    out.proof.keys.differ = 2;
    out.proof.left_in_families = 1;
    out.proof.differences = {{"shop:1:category:{n}", "a value is not as before", 2},
                             {"shop:1:category:{n}", "a key that was not there before", 1},
                             {"maxmemory", "a setting is not as before", 1}};
    out.exit_code = 5;
    return out;
}

model::evidence setting() {
    auto out = improved();
    out.change.name = "policy-lfu";
    out.change.step = model::redis_config_step{"maxmemory-policy", "allkeys-lfu"};
    out.change.rollback = {};
    out.conditions["setting before"] = "allkeys-lru";
    out.commands.clear();
    for (auto& one : out.comparison.expectations) {
        one.found.verdict = verdict::same;
        one.found.candidate = one.found.reference;
    }
    out.comparison.verdict = verdict::same;
    out.comparison.why = "database_calls of category as ada, warm: 22 -> 22 calls (+0.0 %)";
    out.proof.eviction = "the step can evict; all 312 keys were backed up";
    return out;
}

model::evidence with_text_everywhere(const std::string& text) {
    auto out = leaking();
    for (auto* field : {&out.id,
                        &out.version,
                        &out.environment,
                        &out.environment_url,
                        &out.redis,
                        &out.drift_reason,
                        &out.journal,
                        &out.stopped,
                        &out.change.name,
                        &out.change.file,
                        &out.change.digest,
                        &out.change.owner,
                        &out.change.reason,
                        &out.change.route,
                        &out.change.symptom,
                        &out.change.noticed,
                        &out.change.source,
                        &out.change.rollback.command,
                        &out.comparison.why,
                        &out.noise.why,
                        &out.proof.elsewhere_unknown,
                        &out.proof.eviction,
                        &out.proof.database,
                        &out.proof.release_before,
                        &out.proof.release_after})
        *field = text;
    out.noise.ok = false;
    out.change.purge = {text};
    out.change.controls = {text + "control"};
    out.change.step = model::deploy_step{text, {{text, text}}};
    out.change.rollback.arguments = {{text, text}};
    out.conditions = {{text, text}};
    out.git.commit = out.git.branch = out.git.compared_with = out.git.unknown = text;
    out.git.clean = false;
    out.git.files = {text};
    out.warnings = {text};
    out.workload = {text,
                    {{text, 1, 1.0}},
                    model::unknown_reason{text, text},
                    {{text, text, 1, 1.0}},
                    model::unknown_reason{text, text}};
    out.disturbances = {{text, text}};
    out.times = {{text, 1.0}};
    out.commands = {{text, {text, text}, {text, "A=" + text}, text, 1, 0.5, text}};
    out.proof.differences = out.proof.listed = {{text, text, 1}};
    const auto fill_key = [&](model::series_key& key, const std::string& route) {
        key.route = route;
        key.identity = text;
    };
    for (auto* arms : {&out.arms, &out.noise_arms})
        for (auto& arm : *arms) {
            arm.arm = arm.arm == "B" ? "B" : "A";
            arm.rows.resize(2);
            fill_key(arm.rows[0].key, text);
            fill_key(arm.rows[1].key, text + "control");
            for (auto& row : arm.rows) {
                row.errors = {{text, 1}};
                row.cache_unknown = row.database_unknown = model::unknown_reason{text, text};
                row.cache = {};
                row.cache.unknown = 3;
                row.database_calls.clear();
                row.cache_source = row.database_source = text;
            }
            arm.rows[1].cache = {1, 1, 1, 1, 1};
            arm.rows[1].database_calls = {{1, 1}, {2, 3}};
        }
    const auto fill = [&](model::finding& found) {
        for (auto* field : {&found.metric, &found.subject, &found.unit, &found.reference_text, &found.candidate_text,
                            &found.method, &found.why, &found.advice})
            *field = text;
    };
    for (auto& one : out.comparison.expectations) {
        fill(one.found);
        one.why = one.expected.route = one.expected.identity = one.expected.bound.text = text;
        one.outcome = model::outcome::unmet;
    }
    for (auto& one : out.change.expect)
        one.route = one.identity = one.bound.text = text;
    for (auto* list : {&out.comparison.controls, &out.comparison.others, &out.drift})
        for (auto& one : *list)
            fill(one);
    // As the card of the first row would find it.
    out.comparison.others[0].metric = "response_time";
    out.comparison.others[0].subject = model::series_key{text, text, temperature::cold}.text();
    for (auto* list : {&out.comparison.leaks, &out.comparison.old_leaks})
        for (auto& one : *list)
            one = {text, text, text, text};
    for (auto& row : out.noise.rows)
        fill_key(row.key, text);
    return out;
}

TEST(report_samples, are_what_a_rehearsal_gives) {
    const auto one = improved();
    ASSERT_EQ(one.arms.size(), 16u);
    ASSERT_EQ(one.noise_arms.size(), 16u);
    for (const auto& arm : one.arms) {
        ASSERT_EQ(arm.rows.size(), 6u);
        for (std::size_t i = 1; i < arm.rows.size(); ++i)
            EXPECT_LT(arm.rows[i - 1].key, arm.rows[i].key);
    }
}

}  // namespace understudy::report::samples
