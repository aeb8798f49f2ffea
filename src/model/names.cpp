#include <array>

#include "model/detail/words.h"
#include "model/drift.h"
#include "model/json.h"

namespace understudy::model {

namespace {

// One row per enum, in the order of its values. A word that stands in a file may never change.
constexpr std::array<std::string_view, 3> roles{"production", "staging", "scratch"};
constexpr std::array<std::string_view, 2> accesses{"read-only", "read-write"};
constexpr std::array<std::string_view, 3> database_kinds{"postgresql", "mysql", "mariadb"};
constexpr std::array<std::string_view, 4> metrics{"response_time", "error_rate", "cache_status", "database_calls"};
constexpr std::array<std::string_view, 2> temperatures{"cold", "warm"};
constexpr std::array<std::string_view, 5> verdicts{"improved", "same", "worse", "inconclusive", "invalid"};
constexpr std::array<std::string_view, 3> outcomes{"met", "unmet", "unknown"};
constexpr std::array<std::string_view, 5> step_states{"planned", "saved", "applied", "undone", "failed"};
constexpr std::array<std::string_view, 4> origins{"measured", "recorded", "replayed", "simulated"};
constexpr std::array<std::string_view, 5> check_lines{"cache_headers", "logged_in_traffic", "purge", "response_time",
                                                      "rollback"};
constexpr std::array<std::string_view, 3> check_weights{"required", "recommended", "informational"};
constexpr std::array<std::string_view, 3> check_states{"ok", "not_ok", "unknown"};
constexpr std::array<std::string_view, 5> standings{"rehearsed", "applied", "rolled back", "superseded", "open"};
constexpr std::array<std::string_view, 5> acts{"rehearse", "apply", "rollback", "purge", "sync"};
constexpr std::array<std::string_view, 3> expire_kinds{"set", "at_most", "persist"};
constexpr std::array<std::string_view, 3> profile_sources{"scan", "rdb_file", "rdb_stream"};
constexpr std::array<std::string_view, 9> drift_groups{"server",    "settings", "families", "expiry",     "sizes",
                                                       "encodings", "traffic",  "pages",    "application"};
constexpr std::array<std::string_view, 3> drift_states{"open", "accepted", "expected"};
constexpr std::array<std::string_view, 3> bound_ons{"change_percent", "change_absolute", "value"};
constexpr std::array<std::string_view, 3> relations{"at_most", "at_least", "same"};

template <std::size_t n, class E>
std::string_view word_at(const std::array<std::string_view, n>& words, E value) {
    const auto index = static_cast<std::size_t>(value);
    return index < n ? words[index] : std::string_view("?");
}

template <std::size_t n>
std::vector<std::string> all(const std::array<std::string_view, n>& words) {
    return {words.begin(), words.end()};
}

}  // namespace

std::string_view word(role value) {
    return word_at(roles, value);
}
std::string_view word(access value) {
    return word_at(accesses, value);
}
std::string_view word(database_kind value) {
    return word_at(database_kinds, value);
}
std::string_view word(metric value) {
    return word_at(metrics, value);
}
std::string_view word(temperature value) {
    return word_at(temperatures, value);
}
std::string_view word(verdict value) {
    return word_at(verdicts, value);
}
std::string_view word(outcome value) {
    return word_at(outcomes, value);
}
std::string_view word(step_state value) {
    return word_at(step_states, value);
}
std::string_view word(origin value) {
    return word_at(origins, value);
}
std::string_view word(check_line value) {
    return word_at(check_lines, value);
}
std::string_view word(check_weight value) {
    return word_at(check_weights, value);
}
std::string_view word(check_state value) {
    return word_at(check_states, value);
}
std::string_view word(standing value) {
    return word_at(standings, value);
}
std::string_view word(profile_source value) {
    return word_at(profile_sources, value);
}
std::string_view word(drift_group value) {
    return word_at(drift_groups, value);
}
std::string_view word(drift_state value) {
    return word_at(drift_states, value);
}
std::string_view word(act value) {
    return word_at(acts, value);
}

namespace detail {

template <>
std::vector<std::string> words_of<role>() {
    return all(roles);
}
template <>
std::vector<std::string> words_of<access>() {
    return all(accesses);
}
template <>
std::vector<std::string> words_of<database_kind>() {
    return all(database_kinds);
}
template <>
std::vector<std::string> words_of<metric>() {
    return all(metrics);
}
template <>
std::vector<std::string> words_of<temperature>() {
    return all(temperatures);
}
template <>
std::vector<std::string> words_of<verdict>() {
    return all(verdicts);
}
template <>
std::vector<std::string> words_of<outcome>() {
    return all(outcomes);
}
template <>
std::vector<std::string> words_of<step_state>() {
    return all(step_states);
}
template <>
std::vector<std::string> words_of<origin>() {
    return all(origins);
}
template <>
std::vector<std::string> words_of<check_line>() {
    return all(check_lines);
}
template <>
std::vector<std::string> words_of<check_weight>() {
    return all(check_weights);
}
template <>
std::vector<std::string> words_of<check_state>() {
    return all(check_states);
}
template <>
std::vector<std::string> words_of<standing>() {
    return all(standings);
}
template <>
std::vector<std::string> words_of<profile_source>() {
    return all(profile_sources);
}
template <>
std::vector<std::string> words_of<drift_group>() {
    return all(drift_groups);
}
template <>
std::vector<std::string> words_of<drift_state>() {
    return all(drift_states);
}
template <>
std::vector<std::string> words_of<act>() {
    return all(acts);
}
template <>
std::vector<std::string> words_of<expire_step::kind>() {
    return all(expire_kinds);
}
template <>
std::vector<std::string> words_of<bound::on>() {
    return all(bound_ons);
}
template <>
std::vector<std::string> words_of<bound::relation>() {
    return all(relations);
}

}  // namespace detail

}  // namespace understudy::model
