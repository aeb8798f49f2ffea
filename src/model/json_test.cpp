// Every field of every noun goes out and comes back: the samples give each field a value of its own.
#include "model/json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <regex>

#include <gtest/gtest.h>

#include "base/random.h"
#include "model/detail/json_reader.h"
#include "model/detail/json_writer.h"
#include "model/detail/test_files.h"
#include "model/detail/utf8.h"
#include "model/detail/words.h"
#include "model/drift.h"
#include "model/profile.h"
#include "model/sample_nouns.h"

namespace understudy::model {
namespace {

using namespace sample;

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    const auto at = text.find(what);
    if (at == std::string::npos) {
        ADD_FAILURE() << what << " is not in the text";
        return text;
    }
    return text.replace(at, what.size(), by);
}

TEST(json, a_measurement_comes_back) {
    const auto one = full_measurement();
    const auto read = read_measurement(to_json(one));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(to_json(*read), to_json(one));
    EXPECT_EQ(read->seed, 18446744073709551615u);
    EXPECT_EQ(read->from, one.from);
    const auto* row = read->find(one.rows[0].key);
    ASSERT_NE(row, nullptr);
    EXPECT_TRUE(row->latency == one.rows[0].latency);
    EXPECT_EQ(row->database_calls, one.rows[0].database_calls);
    EXPECT_EQ(row->errors, one.rows[0].errors);
    EXPECT_EQ(row->cache.stale, one.rows[0].cache.stale);
    EXPECT_EQ(row->redis_misses, one.rows[0].redis_misses);
    EXPECT_EQ(read->leaks, one.leaks);
}

TEST(json, a_checklist_comes_back) {
    const auto one = full_checklist();
    const auto read = read_checklist(to_json(one));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(to_json(*read), to_json(one));
    EXPECT_EQ(read->checks.at(0).state, check_state::not_ok);
    EXPECT_EQ(exit_code_of(*read), 1);
}

TEST(json, a_drift_comes_back) {
    const auto one = full_drift();
    const auto read = read_drift(to_json(one));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(to_json(*read), to_json(one));
    EXPECT_EQ(read->findings[1].state, drift_state::accepted);
    auto other = one;
    other.parity = 100.5;
    EXPECT_FALSE(read_drift(to_json(other)));
    other = one;
    other.scale = 0;
    EXPECT_FALSE(read_drift(to_json(other)));
}

TEST(json, a_profile_comes_back) {
    const auto one = full_profile();
    const auto read = read_profile(to_json(one));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(to_json(*read), to_json(one));
    EXPECT_EQ(read->families.at(0).lifetime, one.families[0].lifetime);
    EXPECT_EQ(read->source, profile_source::rdb_file);
}

TEST(json, a_profile_that_cannot_be_is_refused) {
    auto one = full_profile();
    one.families.push_back(one.families.front());
    EXPECT_FALSE(read_profile(to_json(one))) << "two families of one database and pattern";
    one.families.back().database = 0;
    const auto read = read_profile(to_json(one));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->families.at(0).database, 0) << "families are in order";
    for (const double rate : {0.0, -0.5, 1.5}) {
        auto other = full_profile();
        other.rate = rate;
        EXPECT_FALSE(read_profile(to_json(other))) << rate;
    }
    auto text = to_json(full_profile());
    text.replace(text.find("\"count\": 4"), 10, "\"count\": 5");
    EXPECT_FALSE(read_profile(text)) << "buckets that do not add up";
}

TEST(json, the_gravest_required_check_is_the_exit_code) {
    checklist list;
    EXPECT_EQ(exit_code_of(list), 0);
    check one;
    one.weight = check_weight::recommended;
    one.state = check_state::not_ok;
    list.checks.push_back(one);
    EXPECT_EQ(exit_code_of(list), 0) << "only what is required counts";
    one.weight = check_weight::required;
    one.state = check_state::unknown;
    list.checks.push_back(one);
    EXPECT_EQ(exit_code_of(list), 6);
    one.state = check_state::not_ok;
    list.checks.push_back(one);
    EXPECT_EQ(exit_code_of(list), 1);
}

TEST(json, evidence_comes_back) {
    const auto one = full_evidence();
    const auto text = to_json(one);
    const auto read = read_evidence(text);
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_EQ(to_json(*read), text);
    EXPECT_EQ(read->version, "0.1.0");
    EXPECT_EQ(read->change.expect.size(), 1u);
    EXPECT_EQ(read->proof.elsewhere_new, 14u);
    EXPECT_FALSE(read->proof.elsewhere_gone);
    EXPECT_EQ(read->comparison.expectations.at(0).found.range->low, -0.6000000000000001);
    EXPECT_EQ(read->exit_code, 5);
    EXPECT_EQ(read->commands.at(0).output, std::string("released\n\xff\0", 11));
}

// A field that is written and not read, or the other way round, or under two names, shows here: the sample has no
// default in it, so a field that does not come back changes the text.
TEST(json, no_field_of_the_samples_is_a_default) {
    const std::regex empty(R"rx("([a-z_]+)": ?(0|""|\[\]|\{\}|false)(,|\n|\}))rx");
    for (const auto& text : {to_json(full_measurement()), to_json(full_evidence()), to_json(full_checklist()),
                             to_json(full_profile()), to_json(journal_record(full_begin())),
                             to_json(journal_record(full_saved())), to_json(journal_record(full_step())),
                             to_json(journal_record(full_end())), to_json(journal_record(full_sealed()))})
        for (std::sregex_iterator it(text.begin(), text.end(), empty), end; it != end; ++it) {
            const auto field = (*it)[1].str();
            // A command is undone by one or has none; a number of a bound or cold start may well be 0.
            EXPECT_TRUE(field == "none" || field == "over") << it->str();
        }
}

TEST(json, journal_records_come_back_on_one_line) {
    for (const journal_record& one :
         {journal_record(full_begin()), journal_record(full_saved()), journal_record(full_step()),
          journal_record(full_end()), journal_record(full_sealed())}) {
        const auto text = to_json(one);
        EXPECT_EQ(text.find('\n'), std::string::npos);
        const auto read = read_journal_record(text);
        ASSERT_TRUE(read) << read.error().text();
        EXPECT_EQ(read->index(), one.index());
        EXPECT_EQ(to_json(*read), text);
    }
    const auto read = read_journal_record(to_json(journal_record(full_begin())));
    const auto& begin = std::get<journal_begin>(*read);
    EXPECT_EQ(begin.environment.redis.password, (secret_ref{secret_ref::source::environment, "P"}));
    EXPECT_EQ(begin.environment.basic->password, (secret_ref{secret_ref::source::file, "/etc/secret"}));
    EXPECT_EQ(begin.environment.commands.at(0).timeout, std::chrono::seconds(90));
    EXPECT_EQ(begin.backups.keep, std::chrono::hours(48));
    EXPECT_EQ(std::get<redis_config_step>(begin.step).value, "1gb");
}

TEST(json, every_kind_of_step_comes_back) {
    auto begin = full_begin();
    const std::vector<change_step> steps{redis_config_step{"maxmemory", "1gb"},
                                         deploy_step{"deploy", {{"revision", "2"}}},
                                         expire_step{"shop:*", expire_step::kind::at_most, std::chrono::minutes(10)},
                                         command_step{"reindex", {{"level", "3"}}},
                                         purge_step{},
                                         settings_step{{{"hz", "25"}, {"timeout", "0"}}}};
    ASSERT_EQ(steps.size(), std::variant_size_v<change_step>);
    for (const auto& step : steps) {
        begin.step = step;
        const auto text = to_json(journal_record(begin));
        const auto read = read_journal_record(text);
        ASSERT_TRUE(read) << read.error().text();
        EXPECT_EQ(std::get<journal_begin>(*read).step.index(), step.index());
        EXPECT_EQ(to_json(*read), text);
    }
    const auto two =
        replaced(to_json(journal_record(full_begin())), "\"redis_config\":", "\"purge\":{},\"redis_config\":");
    EXPECT_FALSE(read_journal_record(two));
    const auto none = replaced(to_json(journal_record(full_begin())), "\"redis_config\":", "\"redis_confik\":");
    EXPECT_FALSE(read_journal_record(none));
}

TEST(json, a_newer_version_is_refused_politely) {
    const auto text = replaced(to_json(full_measurement()), "\"version\": 1", "\"version\": 2");
    const auto read = read_measurement(text);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, errc::newer_format);
    const auto record =
        read_journal_record(replaced(to_json(journal_record(full_end())), "\"version\":1", "\"version\":7"));
    ASSERT_FALSE(record);
    EXPECT_EQ(record.error().code, errc::newer_format);
}

TEST(json, anything_else_is_a_bad_file) {
    const auto good = to_json(full_measurement());
    for (const auto& text :
         std::vector<std::string>{"",
                                  "{",
                                  "[]",
                                  "null",
                                  "{}",
                                  "{} {}",
                                  "{\"format\": \"understudy/measurement\"}",
                                  "{\"format\": \"understudy/measurement\", \"version\": 0}",
                                  "{\"format\": \"understudy/measurement\", \"version\": \"1\"}",
                                  std::string(100'000, '['),
                                  "{\"a\":" + std::string(100'000, '['),
                                  good + "x",
                                  good.substr(0, good.size() / 2),
                                  replaced(good, "understudy/measurement", "understudy/evidence"),
                                  replaced(good, "\"replayed\"", "\"guessed\""),
                                  replaced(good, "\"block\": 3", "\"block\": 3000000000"),
                                  replaced(good, "\"block\": 3", "\"block\": 3.5"),
                                  replaced(good, "\"requests\": 3", "\"requests\": -3"),
                                  replaced(good, "\"requests\": 3", "\"request\": 3"),
                                  replaced(good, "\"count\": 3", "\"count\": 4"),
                                  replaced(good, "2026-11-23T", "2026-13-23T"),
                                  replaced(good, "\"seed\": 18446744073709551615", "\"seed\": 18446744073709551616")}) {
        const auto read = read_measurement(text);
        ASSERT_FALSE(read) << text.substr(0, 100);
        EXPECT_EQ(read.error().code, errc::bad_file) << text.substr(0, 100);
    }
}

TEST(json, an_error_says_where) {
    const auto read =
        read_measurement(replaced(to_json(full_measurement()), "\"state\": \"cold\"", "\"state\": \"hot\""));
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().where, "rows[0].state");
}

TEST(json, rows_are_sorted_and_single) {
    auto one = full_measurement();
    std::ranges::reverse(one.rows);
    const auto read = read_measurement(to_json(one));
    ASSERT_TRUE(read);
    EXPECT_EQ(to_json(*read), to_json(full_measurement()));
    one.rows.push_back(one.rows[0]);
    EXPECT_FALSE(read_measurement(to_json(one)));
}

TEST(json, every_cut_of_a_record_fails) {
    const auto text = to_json(journal_record(full_begin()));
    for (std::size_t length = 0; length < text.size(); ++length)
        ASSERT_FALSE(read_journal_record(text.substr(0, length))) << length;
}

TEST(json, files_of_the_corpus) {
    for (const auto& path : detail::files("corpus/model/json", "measurement", 1))
        EXPECT_TRUE(read_measurement(detail::contents(path))) << path;
    for (const auto& path : detail::files("corpus/model/json", "evidence", 1))
        EXPECT_TRUE(read_evidence(detail::contents(path))) << path;
    for (const auto& path : detail::files("corpus/model/json", "record", 5))
        EXPECT_TRUE(read_journal_record(detail::contents(path))) << path;
}

// Doubles of random bits read back exactly: what Boost.JSON alone does not promise.
TEST(json_number, comes_back_bit_for_bit) {
    seeded_random random(11);
    for (int i = 0; i < 20'000; ++i) {
        const auto value = i % 2 == 0 ? std::bit_cast<double>(random()) : random.unit() * 1000;
        if (!std::isfinite(value) || value == 0) continue;
        detail::json_writer out(detail::json_layout::one_line);
        out.open_object();
        out.key("x");
        out.number(value);
        out.close_object();
        const auto text = out.take();
        auto in = detail::json_reader::parse(text);
        ASSERT_TRUE(in) << text;
        double read = 0;
        in->member("x", [&] { read = in->number().value_or(0); });
        ASSERT_EQ(read, value) << text;
    }
}

TEST(json_number, what_is_not_finite_is_unknown) {
    auto one = full_evidence();
    auto& found = one.comparison.expectations[0].found;
    found.change = std::numeric_limits<double>::quiet_NaN();
    found.margin = std::numeric_limits<double>::infinity();
    const auto read = read_evidence(to_json(one));
    ASSERT_TRUE(read) << read.error().text();
    EXPECT_FALSE(read->comparison.expectations[0].found.change);
    EXPECT_TRUE(std::isnan(read->comparison.expectations[0].found.margin));
    EXPECT_EQ(to_json(*read), to_json(one));
}

TEST(json_text, every_byte_comes_back) {
    for (int byte = 0; byte < 256; ++byte) {
        auto step = full_step();
        step.detail = std::string("a") + static_cast<char>(byte) + "\"\\";
        const auto read = read_journal_record(to_json(journal_record(step)));
        ASSERT_TRUE(read) << byte;
        EXPECT_EQ(std::get<journal_step>(*read).detail, step.detail) << byte;
    }
    auto saved = full_saved();
    saved.settings["save"] = "\xc3\xa4 \xf0\x9f\x98\x80 \xed\xa0\x80";  // the last is a surrogate: no UTF-8
    const auto read = read_journal_record(to_json(journal_record(saved)));
    ASSERT_TRUE(read);
    EXPECT_EQ(std::get<journal_saved>(*read).settings, saved.settings);
}

TEST(utf8, knows_the_edges_of_rfc_3629) {
    for (const std::string_view good : {"", "a", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
        EXPECT_TRUE(detail::is_utf8(good));
    for (const std::string_view bad :
         {"\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xef\xbf", "\xf0\x8f\xbf\xbf",
          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff"}) {
        EXPECT_FALSE(detail::is_utf8(bad));
        EXPECT_TRUE(detail::is_utf8(detail::as_utf8(bad)));
    }
}

template <class E>
void words_agree() {
    const auto words = detail::words_of<E>();
    for (std::size_t i = 0; i < words.size(); ++i) {
        EXPECT_EQ(word(static_cast<E>(i)), words[i]);
        EXPECT_EQ(detail::from_word<E>(words[i]), static_cast<E>(i));
    }
    EXPECT_FALSE(detail::from_word<E>("?"));
    EXPECT_EQ(word(static_cast<E>(words.size())), "?");
}

TEST(words, go_both_ways) {
    words_agree<role>();
    words_agree<access>();
    words_agree<metric>();
    words_agree<temperature>();
    words_agree<verdict>();
    words_agree<outcome>();
    words_agree<step_state>();
    words_agree<origin>();
    EXPECT_EQ(detail::words_of<expire_step::kind>().size(), 3u);
    EXPECT_EQ(word(verdict::invalid), "invalid");
    EXPECT_EQ(word(metric::database_calls), "database_calls");
    EXPECT_EQ(word(access::read_write), "read-write");
}

}  // namespace
}  // namespace understudy::model
