// model/sample_nouns.h - one of each noun with a value in every field, for the tests.
#pragma once

#include "model/checklist.h"
#include "model/drift.h"
#include "model/evidence.h"
#include "model/history.h"
#include "model/journal.h"
#include "model/profile.h"

namespace understudy::model::sample {

inline wall_time time_at(int second) {
    using namespace std::chrono;
    return sys_days{2026y / November / 23} + 23h + seconds{second} + 123ms;
}

inline measurement full_measurement() {
    measurement out;
    out.origin = origin::replayed;
    out.environment = "staging";
    out.arm = "A'";
    out.block = 3;
    out.seed = 18446744073709551615u;
    out.from = time_at(1);
    out.to = time_at(2);
    series row;
    row.key = {"category", "ada", temperature::cold};
    row.requests = 3;
    row.errors = {{"HTTP 500", 1}};
    for (const std::int64_t ns : {1'234'567, 2'345'678, 140'000'000})
        row.latency.record(ns);
    row.database_calls = {{3, 1}, {40, 2}};
    row.database_source = "Server-Timing, PostgreSQL";
    row.database_unknown = unknown_reason{"one answer without the header", "instrument each worker"};
    row.cache = {.hit = 1, .miss = 2, .bypass = 3, .stale = 4, .unknown = 5};
    row.cache_unknown = unknown_reason{"no header", "send Cache-Status"};
    row.redis_hits = 6;
    row.redis_misses = 7;
    row.cache_source = "Cache-Status";
    row.missed = {.stored = 8, .not_stored = 9, .because = "the answers carry Set-Cookie"};
    row.answered_in_front = 10;
    out.rows.push_back(row);
    row.key.state = temperature::warm;
    out.rows.push_back(row);
    out.leaks = {{"category", "anonymous", "ada", "ada, then anonymous"}};
    out.failed_looks = {{"account as grace", 2}};
    out.lost = 8;
    out.warnings = {"late by 3 ms", "x"};
    return out;
}

inline checklist full_checklist() {
    checklist out;
    out.environment = "production";
    out.at = time_at(4);
    out.requests = 31;
    check one;
    one.line = check_line::rollback;
    one.id = "rollback-proven";
    one.weight = check_weight::required;
    one.state = check_state::not_ok;
    one.route = "category";
    one.identity = "ada";
    one.text = "the last proof was incomplete";
    one.evidence = {"GET /", "HTTP 200"};
    one.mend = "rehearse a change";
    out.checks = {one};
    return out;
}

inline stats::sketch sketch_of(std::initializer_list<std::uint64_t> values) {
    stats::sketch out;
    for (const auto value : values)
        out.record(value);
    return out;
}

inline profile full_profile() {
    profile out;
    out.environment = "production";
    out.source = profile_source::rdb_file;
    out.from = time_at(1);
    out.to = time_at(9);
    out.rate = 0.25;
    out.seed = 17;
    out.software = "redis";
    out.version = "7.0.15";
    out.settings = {{"maxmemory-policy", "allkeys-lru"}};
    out.thresholds = {{"hash-max-listpack-entries", 100, 128}};
    out.users = {{"shop", "on password ~shop:* resetchannels -@all +@read"}};
    out.facts = {{"used-mem", "1234567"}};
    out.commands = {{"config|get", 2}, {"get", 90}};
    out.keys = 48;
    family_profile family;
    family.database = 3;
    family.pattern = "shop:{int}:product:*";
    family.framework = "Django";
    family.keys = 48;
    family.keys_range = count_range{40, 57, 0.95};
    family.counted = 12;
    family.types = {{"hash", 2}, {"string", 10}};
    family.encodings = {{"embstr", 10}, {"listpack", 2}};
    family.persistent = 1;
    family.overdue = 1;
    family.same_second = 3;
    family.elements = sketch_of({3, 40});
    family.bytes = sketch_of({7, 30, 30, 4000});
    family.memory = sketch_of({56, 80, 80, 4096});
    family.lifetime = sketch_of({250, 299'000, 300'000});
    family.idle = sketch_of({1, 2, 3600});
    family.frequency = sketch_of({5, 5, 10});
    out.families = {family};
    out.modules = {"search 20608"};
    out.largest = {{3, "shop:{int}:product:*", "hmac:0123456789abcdef", 4096, 7}};
    out.hottest = {{3, "shop:{int}:product:*", "hmac:fedcba9876543210", 512, 10}};
    out.routes = {{"category", "ada", 200, "miss", "hit", {{"cache-control", "max-age=60"}, {"x-release", "hmac:00"}}}};
    out.application = {{"ttl.category", "300"}};
    out.digest_key = "89abcdef";
    out.degraded = {{"settings", "CONFIG GET is not granted"}};
    out.partial = true;
    return out;
}

inline drift full_drift() {
    drift out;
    out.reference = "production";
    out.other = "staging";
    out.at = time_at(9);
    out.scale = 0.1;
    out.parity = 71.5;
    drift_finding setting;
    setting.id = setting.subject = "maxmemory-policy";
    setting.group = drift_group::settings;
    setting.reference = "allkeys-lru";
    setting.other = "noeviction";
    setting.distance = 1;
    setting.method = "exact";
    setting.points = 10;
    setting.effect = "which keys are evicted, and whether writes fail instead";
    setting.close = "CONFIG SET maxmemory-policy allkeys-lru on staging";
    drift_finding family;
    family.id = "encodings cart:{md5}";
    family.group = drift_group::encodings;
    family.subject = "cart:{md5}";
    family.reference = "listpack";
    family.other = "hashtable 80 %, listpack 20 %";
    family.distance = 0.8;
    family.method = "total variation";
    family.range = interval{0.7, 0.9, 0.95};
    family.state = drift_state::accepted;
    family.effect = "memory and speed";
    family.reason = "staging shows the old threshold";
    out.findings = {setting, family};
    out.hazards = {{"production", "cart:{md5}", "300 keys never expire", "give them an expiry"}};
    out.unknown = {"settings of staging: CONFIG GET is not granted"};
    return out;
}

inline expectation full_expectation() {
    expectation out;
    out.metric = metric::database_calls;
    out.route = "category";
    out.identity = "ada";
    out.state = temperature::cold;
    out.bound = {
        .of = bound::on::change_absolute, .how = bound::relation::at_least, .amount = 2.5, .text = ">= +2.5 calls"};
    out.margin = 0.5;
    out.primary = true;
    out.critical = true;
    return out;
}

inline change full_change() {
    change out;
    out.name = "prefetch";
    out.file = "/srv/prefetch.toml";
    out.digest = "00ff";
    out.owner = "ada@example.org";
    out.reason = "slow";
    out.route = "category";
    out.input = {{"slug", "cables"}};
    out.symptom = "SELECT\n1";
    out.noticed = "evenings";
    out.step = deploy_step{"deploy-blue", {{"revision", "2"}}};
    out.purge = {"shop:*"};
    out.controls = {"home"};
    out.expect = {full_expectation()};
    out.rollback = {.command = "rollback", .arguments = {{"to", "1"}}, .none = {}};
    out.effort = {.blocks = 12, .warm = 20, .cold = 3};
    out.no_key_backup = "small";
    out.source = "format = 1\n";
    return out;
}

inline finding full_finding() {
    finding out;
    out.metric = "database_calls";
    out.subject = "category as ada, cold";
    out.unit = "calls";
    out.reference = 12;
    out.candidate = 6.1;
    out.reference_text = "twelve";
    out.candidate_text = "six";
    out.change = -0.49166666666666664;
    out.range = interval{-0.6000000000000001, -0.3, 0.9};
    out.method = "paired sign-flip, 8 pairs";
    out.p = 1.0 / 3;
    out.margin = 0.05;
    out.verdict = verdict::improved;
    out.why = "because";
    out.advice = "go on";
    return out;
}

inline evidence full_evidence() {
    evidence out;
    out.id = "20261123-1";
    out.version = "0.1.0";
    out.started = time_at(3);
    out.ended = time_at(4);
    out.change = full_change();
    out.environment = "staging";
    out.environment_url = "http://127.0.0.1:8002";
    out.redis = "127.0.0.1:6380/1";
    out.drift = {full_finding()};
    out.drift_reason = "known";
    out.noise.rows = {{{"home", "anonymous", temperature::warm}, metric::response_time, 1.5, 2.5, 0.25, true}};
    out.noise.ok = true;
    out.noise.why = "quiet";
    out.noise_arms = {full_measurement()};
    out.arms = {full_measurement(), full_measurement()};
    out.comparison.expectations = {{full_expectation(), full_finding(), outcome::met, "well inside"}};
    out.comparison.controls = {full_finding()};
    out.comparison.others = {full_finding()};
    out.comparison.leaks = {{"home", "ada", "grace", "grace, then ada"}};
    out.comparison.old_leaks = {{"home", "grace", "ada", "ada, then grace"}};
    out.comparison.leaks_unknown = {"no identity has a marker"};
    out.comparison.verdict = verdict::improved;
    out.comparison.why = "fewer calls";
    out.disturbances = {{"the server was restarted", "between block 2 and block 3"}};
    out.proof.done = true;
    out.proof.settings = {1, 2, 3};
    out.proof.keys = {4, 5, 6, 7};
    out.proof.removed = 8;
    out.proof.left_in_families = 9;
    out.proof.elsewhere_new = 14;
    out.proof.elsewhere_changed = 15;
    out.proof.elsewhere_expired = 16;
    out.proof.elsewhere_unknown = "gone cannot be told";
    out.proof.eviction = "cannot evict";
    out.proof.database = "not migrated";
    out.proof.release_before = "r1";
    out.proof.release_after = "r2";
    out.proof.release_ok = true;
    out.proof.differences = {{"shop:{}", "differs: type", 2}};
    out.proof.listed = {{"session:{}", "written by traffic", 3}};
    out.proof.seconds = 1.25;
    out.commands = {
        {"deploy", {"/bin/deploy", "2"}, {"PATH", "LANG=C"}, "/srv", 7, 0.5, std::string("released\n\xff\0", 11)}};
    out.conditions = {{"seed", "7"}};
    out.git = {.commit = "0a1b2c",
               .branch = "main",
               .clean = true,
               .compared_with = "0a1b2b",
               .files = {"shop/views.py"},
               .more_files = 3,
               .unknown = "not asked"};
    out.warnings = {"w"};
    out.times = {{"noise", 12.5}};
    out.own_seconds = 3.5;
    out.journal = "/state/j";
    out.workload.database = "PostgreSQL 15.18";
    out.workload.statements = {{"SELECT a FROM b WHERE c = ?", 40, 12.5}};
    out.workload.statements_unknown = unknown_reason{"the server was restarted meanwhile", "rehearse again"};
    out.workload.slow_commands = {{"HGETALL", "shop:{int}", 2, 13.25}};
    out.workload.slow_commands_unknown = unknown_reason{"SLOWLOG GET is not granted", "grant +slowlog|get"};
    out.stopped = "interrupted";
    out.exit_code = 5;
    return out;
}

inline history_entry full_history_entry() {
    history_entry out;
    out.id = "20261123T090000123Z-prefetch-ab12";
    out.change = "prefetch";
    out.change_digest = "00ff";
    out.owner = "ada@example.org";
    out.reason = "slow";
    out.route = "category";
    out.verdict = "improved";
    out.why = "fewer calls";
    out.standing = standing::rolled_back;
    out.commit = "0a1b2c";
    out.folder = "/srv/shop/understudy-runs/20261123T090000Z-prefetch";
    out.acts = {{act::rehearse, time_at(4), "staging", 0},
                {act::apply, time_at(5), "production", 0},
                {act::rollback, time_at(6), "production", 0}};
    return out;
}

inline environment full_environment() {
    using source = secret_ref::source;
    environment out;
    out.name = "staging";
    out.role = role::scratch;
    out.access = access::read_write;
    out.url = "http://127.0.0.1";
    out.tls = tls_settings{"/ca.pem", "/ours.pem", "/ours.key", "shop.internal"};
    out.basic = basic_auth{"web", {source::file, "/etc/secret"}};
    out.instrument = instrumentation{"X-A", {source::environment, "S"}};
    out.redis = {
        .host = "h",
        .port = 1,
        .unix_path = "/r.sock",
        .database = 2,
        .username = "u",
        .password = {source::environment, "P"},
        .tls = tls_settings{"/rca.pem", "/rours.pem", "/rours.key", "redis.internal"},
        .sentinels = sentinel_watch{{{"s1", 26379}, {"s2", 26380}}, "mymaster", "su", {source::environment, "SP"}}};
    out.database = database_address{.kind = database_kind::mariadb,
                                    .host = "db",
                                    .port = 3,
                                    .unix_path = "/m.sock",
                                    .name = "shop",
                                    .username = "reader",
                                    .password = {source::environment, "D"},
                                    .ca = "/etc/ca.pem"};
    out.limits = {.requests_per_second = 0.5, .census_keys = 9};
    identity who;
    who.name = "ada";
    who.form = form_login{"/login/", "un", "pw", "csrf", "ada", {source::environment, "A"}};
    who.header = header_login{"Cookie", {source::environment, "C"}};
    who.logged_in_when = identity_proof{"/account/", 204, "Ada"};
    who.marker = "ada@example.org";
    out.identities = {who};
    named_command deploy;
    deploy.name = "deploy";
    deploy.argv = {"/bin/deploy", "{revision}"};
    deploy.arguments = {{"revision", "[0-9]+"}};
    deploy.environment = {"PATH"};
    deploy.folder = "/srv";
    deploy.timeout = std::chrono::seconds(90);
    out.commands = {deploy};
    return out;
}

inline journal_begin full_begin() {
    journal_begin out;
    out.id = "j1";
    out.at = time_at(5);
    out.host = "host";
    out.pid = 123;
    out.version = "0.1.0";
    out.environment = full_environment();
    out.backups = {.keep = std::chrono::hours(48), .key = {secret_ref::source::environment, "K"}};
    out.primaries = {{std::string(40, 'e'), "abc", "h:1", "h", 1, "0-16383"}};
    out.production = {{"r", "a", "b", "h", 7}};
    out.change = "prefetch";
    out.change_digest = "00ff";
    out.step = redis_config_step{"maxmemory", "1gb"};
    out.rollback = {.command = "rollback", .arguments = {{"to", "1"}}, .none = {}};
    out.families = {"shop:*"};
    out.evicts = true;
    out.no_key_backup = "small";
    out.authority = "plan 1";
    return out;
}

inline journal_saved full_saved() {
    journal_saved out;
    out.at = time_at(6);
    out.settings = {{"maxmemory", "100mb"}};
    out.release = "r1";
    out.backup_file = "/state/b";
    out.backup_digest = "ff00";
    out.digest_salt = "5a17";
    out.keys = 4;
    out.census_keys = 5;
    out.census_unknown = "too many";
    return out;
}

inline journal_step full_step() {
    journal_step out;
    out.at = time_at(7);
    out.number = 2;
    out.action = "apply";
    out.state = step_state::failed;
    out.detail = "deploy 2";
    out.process_group = 77;
    out.process_started = 88;
    out.error = "exit 1";
    return out;
}

inline journal_end full_end() {
    return {time_at(8), "rolled back"};
}

inline journal_evidence full_sealed() {
    return {time_at(9), "/srv/runs/1/evidence.json", "00ff"};
}

}  // namespace understudy::model::sample
