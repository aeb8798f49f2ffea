// What each key of a change file becomes, the grammar of bounds, and which settings may be set. What is wrong with each
// file of corpus/model/bad stands in its first line.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/hash.h"
#include "model/detail/change_parts.h"
#include "model/detail/test_files.h"
#include "model/project_file.h"

namespace understudy::model {
namespace {

using detail::contents;
using detail::source_path;

const project& shop() {
    static const project read =
        read_project(contents(source_path("corpus/model/good/project-full.toml")), "/srv/shop/understudy.toml").value();
    return read;
}

result<change> good(const std::string& name) {
    return read_change(contents(source_path("corpus/model/good/" + name)), "/srv/shop/changes/" + name, shop());
}

TEST(change_file, reads_what_it_is_about) {
    const auto read = good("change-full.toml");
    ASSERT_TRUE(read) << read.error().text();
    const auto text = contents(source_path("corpus/model/good/change-full.toml"));
    EXPECT_EQ(read->name, "change-full");
    EXPECT_EQ(read->file, "/srv/shop/changes/change-full.toml");
    EXPECT_EQ(read->digest, hex(sha256_of(text)));
    EXPECT_EQ(read->source, text);
    EXPECT_EQ(read->owner, "ada@example.org");
    EXPECT_EQ(read->reason, "The category page asks the database for each product.");
    EXPECT_EQ(read->route, "category");
    EXPECT_EQ(read->input, (std::map<std::string, std::string>{{"slug", "cables"}}));
    EXPECT_EQ(read->symptom, "SELECT quantity\nFROM catalog_stock WHERE product_id = ?");
    EXPECT_EQ(read->noticed, "category pages, evenings");
    EXPECT_EQ(read->purge, (std::vector<std::string>{"shop:1:category:*", "shop:\\*"}));
    EXPECT_EQ(read->controls, std::vector<std::string>{"home"});
    EXPECT_EQ(read->effort.blocks, 12);
    EXPECT_EQ(read->effort.warm, 20);
    EXPECT_EQ(read->effort.cold, 1);
    EXPECT_EQ(read->no_key_backup, "");
}

TEST(change_file, reads_the_step_and_its_undo) {
    const auto read = good("change-full.toml");
    ASSERT_TRUE(read);
    const auto* deploy = std::get_if<deploy_step>(&read->step);
    ASSERT_NE(deploy, nullptr);
    EXPECT_EQ(deploy->command, "deploy");
    EXPECT_EQ(deploy->arguments, (std::map<std::string, std::string>{{"revision", "2"}}));
    EXPECT_EQ(read->rollback.command, "rollback");
    EXPECT_TRUE(read->rollback.arguments.empty());
    EXPECT_EQ(read->rollback.none, "");
    const auto none = good("change-no-rollback.toml");
    ASSERT_TRUE(none) << none.error().text();
    EXPECT_EQ(none->rollback.command, "");
    EXPECT_EQ(none->rollback.none, "the next deploy replaces it");
}

TEST(change_file, reads_a_setting_and_what_is_left_out) {
    const auto read = good("change-setting.toml");
    ASSERT_TRUE(read) << read.error().text();
    const auto* setting = std::get_if<redis_config_step>(&read->step);
    ASSERT_NE(setting, nullptr);
    EXPECT_EQ(setting->setting, "maxmemory-policy");
    EXPECT_EQ(setting->value, "allkeys-lru");
    EXPECT_EQ(read->rollback.command, "");
    EXPECT_EQ(read->no_key_backup, "the cache is rebuilt in a minute");
    EXPECT_TRUE(read->input.empty());
    EXPECT_TRUE(read->purge.empty());
    EXPECT_EQ(read->effort.blocks, 12);
    EXPECT_EQ(read->effort.warm, 10);
    EXPECT_EQ(read->effort.cold, 2);
    ASSERT_EQ(read->expect.size(), 1u);
    EXPECT_TRUE(read->expect[0].primary);  // by itself
    EXPECT_EQ(read->expect[0].bound.how, bound::relation::same);
}

TEST(change_file, reads_expiries) {
    const auto capped = good("change-expire.toml");
    ASSERT_TRUE(capped) << capped.error().text();
    const auto& expire = std::get<expire_step>(capped->step);
    EXPECT_EQ(expire.pattern, "shop:1:product:*");
    EXPECT_EQ(expire.how, expire_step::kind::at_most);
    EXPECT_EQ(expire.ttl, std::chrono::minutes(10));
    EXPECT_EQ(capped->rollback.command, "");
    // What it touches is what it purges and what it re-times.
    EXPECT_EQ(families_of(*capped), (std::vector<std::string>{"shop:1:category:*", "shop:\\*", "shop:1:product:*"}));
    const auto persist = good("change-persist.toml");
    ASSERT_TRUE(persist) << persist.error().text();
    EXPECT_EQ(std::get<expire_step>(persist->step).how, expire_step::kind::persist);
    EXPECT_EQ(std::get<expire_step>(persist->step).ttl.count(), 0);
}

TEST(change_file, reads_a_command_and_its_undo) {
    const auto read = good("change-command.toml");
    ASSERT_TRUE(read) << read.error().text();
    const auto& command = std::get<command_step>(read->step);
    EXPECT_EQ(command.name, "reindex");
    EXPECT_EQ(command.arguments, (std::map<std::string, std::string>{{"level", "3"}}));
    EXPECT_EQ(read->rollback.command, "reindex");
    EXPECT_EQ(read->rollback.arguments, (std::map<std::string, std::string>{{"level", "1"}}));
    EXPECT_EQ(families_of(*read), read->purge);
}

TEST(change_file, reads_expectations) {
    const auto read = good("change-full.toml");
    ASSERT_TRUE(read);
    ASSERT_EQ(read->expect.size(), 3u);
    const auto& calls = read->expect[0];
    EXPECT_EQ(calls.metric, metric::database_calls);
    EXPECT_EQ(calls.route, "category");
    EXPECT_EQ(calls.identity, "ada");
    EXPECT_EQ(calls.state, temperature::warm);
    EXPECT_EQ(calls.bound.of, bound::on::change_percent);
    EXPECT_EQ(calls.bound.how, bound::relation::at_most);
    EXPECT_EQ(calls.bound.amount, -50);
    EXPECT_EQ(calls.bound.text, "<= -50%");
    EXPECT_FALSE(calls.margin);
    EXPECT_TRUE(calls.primary);
    EXPECT_FALSE(calls.critical);
    const auto& time = read->expect[1];
    EXPECT_EQ(time.identity, "anonymous");
    EXPECT_EQ(time.state, temperature::cold);
    EXPECT_EQ(time.bound.of, bound::on::change_absolute);
    EXPECT_EQ(time.bound.amount, 5);
    EXPECT_EQ(time.margin, 10.0);
    EXPECT_FALSE(time.primary);
    EXPECT_TRUE(time.critical);
    const auto& cache = read->expect[2];
    EXPECT_EQ(cache.route, "home");
    EXPECT_EQ(cache.bound.of, bound::on::value);
    EXPECT_EQ(cache.bound.how, bound::relation::at_least);
    EXPECT_EQ(cache.bound.amount, 90);
    EXPECT_EQ(cache.margin, 2.0);
}

TEST(change_file, bad_files_of_the_corpus_fail_where_and_as_they_say) {
    for (const auto& path : detail::files("corpus/model/bad", "change-", 92)) {
        const auto text = contents(path);
        const auto read = read_change(text, "/f.toml", shop());
        ASSERT_FALSE(read) << path << " was accepted";
        const auto& wrong = read.error();
        EXPECT_EQ(text.substr(0, text.find('\n')), fmt::format("# expect: {} {}", name_of(wrong.code),
                                                               wrong.where.substr(std::string("/f.toml:").size())))
            << path << ": " << wrong.text();
    }
}

TEST(change_file, two_changes_are_both_named_with_their_places) {
    const auto read = read_change(contents(source_path("corpus/model/bad/change-two-kinds.toml")), "/f", shop());
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::two_changes);
    EXPECT_NE(read.error().what.find("15:10"), std::string::npos) << read.error().what;
    EXPECT_NE(read.error().what.find("16:16"), std::string::npos) << read.error().what;
}

TEST(change_file, a_command_is_looked_for_where_changes_are_rehearsed) {
    auto all = shop();
    all.environments[1].role = role::scratch;  // no staging left: scratch it is
    const auto text = contents(source_path("corpus/model/good/change-full.toml"));
    EXPECT_TRUE(read_change(text, "/f", all));
    all.environments[0].role = role::staging;  // a staging without commands
    const auto read = read_change(text, "/f", all);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::unknown_name);
}

TEST(change_file, the_first_identity_where_anonymous_does_not_ask) {
    auto all = shop();
    all.routes[1].identities = {"ada"};
    const auto read = read_change(contents(source_path("corpus/model/good/change-full.toml")), "/f", all);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->expect[1].identity, "ada");
}

struct bound_case {
    metric of;
    std::string text;
    bool value;
    std::optional<bound> expected;
};

bound make(bound::on of, bound::relation how, double amount) {
    return {.of = of, .how = how, .amount = amount, .text = {}};
}

TEST(change_bound, table) {
    using enum metric;
    using on = bound::on;
    using rel = bound::relation;
    const std::vector<bound_case> cases{
        {response_time, "same", false, make(on::change_percent, rel::same, 0)},
        {error_rate, " same ", false, make(on::change_absolute, rel::same, 0)},
        {response_time, "<= -50%", false, make(on::change_percent, rel::at_most, -50)},
        {response_time, "<=-12.5 %", false, make(on::change_percent, rel::at_most, -12.5)},
        {response_time, ">= +10%", false, make(on::change_percent, rel::at_least, 10)},
        {response_time, "<= 0%", false, make(on::change_percent, rel::at_most, 0)},
        {response_time, "<= +1.5 s", false, make(on::change_absolute, rel::at_most, 1500)},
        {response_time, "<= +500us", false, make(on::change_absolute, rel::at_most, 0.5)},
        {database_calls, "<= -3 calls", false, make(on::change_absolute, rel::at_most, -3)},
        {database_calls, "<= -1 call", false, make(on::change_absolute, rel::at_most, -1)},
        {error_rate, "<= +1 points", false, make(on::change_absolute, rel::at_most, 1)},
        {cache_status, ">= +10 points", false, make(on::change_absolute, rel::at_least, 10)},
        {database_calls, "<= -3", false, {}},
        {database_calls, "<= -3 ms", false, {}},
        {cache_status, ">= +101 points", false, {}},
        {response_time, "< -50%", false, {}},
        {response_time, "= -50%", false, {}},
        {response_time, "<= %", false, {}},
        {response_time, "<= -1e5%", false, {}},
        {response_time, "<= --5%", false, {}},
        {response_time, "<= -5..%", false, {}},
        {response_time, "<= -nan%", false, {}},
        {response_time, "", false, {}},
        {database_calls, "<= 2", true, make(on::value, rel::at_most, 2)},
        {database_calls, "<= 2 calls", true, make(on::value, rel::at_most, 2)},
        {response_time, "<= 200 ms", true, make(on::value, rel::at_most, 200)},
        {response_time, "<= 0.2 s", true, make(on::value, rel::at_most, 200)},
        {error_rate, "<= 0%", true, make(on::value, rel::at_most, 0)},
        {cache_status, ">= 99.5 %", true, make(on::value, rel::at_least, 99.5)},
        {response_time, "<= 200", true, {}},
        {response_time, "<= 20%", true, {}},
        {error_rate, "<= 1 points", true, {}},
        {database_calls, "<= -2", true, {}},
    };
    for (const auto& one : cases) {
        const auto parsed =
            one.value ? detail::parse_value_bound(one.text, one.of) : detail::parse_change_bound(one.text, one.of);
        ASSERT_EQ(parsed.bound.has_value(), one.expected.has_value()) << one.text << ": " << parsed.wrong;
        EXPECT_EQ(parsed.wrong.empty(), parsed.bound.has_value()) << one.text;
        if (!parsed.bound) continue;
        EXPECT_EQ(parsed.bound->of, one.expected->of) << one.text;
        EXPECT_EQ(parsed.bound->how, one.expected->how) << one.text;
        EXPECT_DOUBLE_EQ(parsed.bound->amount, one.expected->amount) << one.text;
        EXPECT_EQ(parsed.bound->text, one.text);
    }
}

TEST(change_bound, margins) {
    EXPECT_EQ(detail::parse_margin("10%", metric::response_time), 10.0);
    EXPECT_EQ(detail::parse_margin("0.5", metric::database_calls), 0.5);
    EXPECT_EQ(detail::parse_margin("2 calls", metric::database_calls), 2.0);
    EXPECT_EQ(detail::parse_margin("1.5 points", metric::error_rate), 1.5);
    EXPECT_FALSE(detail::parse_margin("5 ms", metric::response_time));
    EXPECT_FALSE(detail::parse_margin("-1%", metric::response_time));
    EXPECT_FALSE(detail::parse_margin("1%", metric::cache_status));
    EXPECT_FALSE(detail::parse_margin("", metric::cache_status));
}

TEST(change_step, what_may_be_set) {
    for (const auto* name : {"maxmemory", "maxmemory-policy", "maxmemory-samples", "lfu-decay-time", "save", "hz",
                             "activedefrag", "lazyfree-lazy-eviction", "appendonly", "timeout"})
        EXPECT_EQ(detail::why_not_set(name), "") << name;
    for (const auto* name :
         {"requirepass", "masterauth", "tls-port", "tls-client-key-file-pass", "enable-module-command",
          "replica-announce-ip", "cluster-announce-port", "protected-mode", "dir", "user"})
        EXPECT_NE(detail::why_not_set(name), "") << name;
}

}  // namespace
}  // namespace understudy::model
