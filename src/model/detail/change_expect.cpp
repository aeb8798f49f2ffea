// [[expect]] of a change file: what must come of it, in numbers that can be checked.
#include <algorithm>

#include <fmt/format.h>

#include "base/near_name.h"
#include "model/detail/change_parts.h"
#include "model/detail/words.h"

namespace understudy::model::detail {

namespace {

void read_bound(toml_table& table, expectation& out) {
    const bool change = table.has("change"), value = table.has("value");
    if (change && value)
        table.refuse(errc::config_bad_value, "value", "an expectation has a change or a value, not both");
    if (!change && !value) (void)table.need("change");
    const auto changes = table.text("change"), values = table.text("value");
    if (!changes && !values) return;
    const auto parsed =
        changes ? parse_change_bound(changes->value, out.metric) : parse_value_bound(values->value, out.metric);
    if (parsed.bound)
        out.bound = *parsed.bound;
    else
        table.refuse(errc::config_bad_value, changes ? "change" : "value", parsed.wrong);
}

void read_margin(toml_table& table, expectation& out) {
    const auto margin = table.text("margin");
    if (!margin) return;
    out.margin = parse_margin(margin->value, out.metric);
    if (out.margin) return;
    const std::string_view like = out.metric == metric::response_time    ? "\"10%\""
                                  : out.metric == metric::database_calls ? "\"0.5 calls\""
                                                                         : "\"1 points\"";
    table.refuse(errc::config_bad_value, "margin", fmt::format("expected a margin like {}", like));
}

void read_subject(toml_table& table, const change& change, const project& project, expectation& out) {
    out.route = change.route;
    if (const auto name = table.text("route")) {
        check_known(*name, route_names(project), "route", table.report());
        out.route = name->value;
    }
    const auto who = table.text("as");
    const auto* route = project.find_route(out.route);
    if (!route) return;  // reported where the route stands
    const bool anonymous = std::ranges::find(route->identities, "anonymous") != route->identities.end();
    out.identity = anonymous ? "anonymous" : route->identities.front();
    if (!who) return;
    check_known(*who, route->identities, "identity of that route", table.report());
    out.identity = who->value;
}

// What would not be measured could never be met.
void check_cold(toml_table& table, const change& change, const expectation& expected) {
    if (expected.state != temperature::cold) return;
    const bool control = std::ranges::find(change.controls, expected.route) != change.controls.end();
    const char* why = change.purge.empty()      ? "a cold start is made by purging, and the change has no purge"
                      : change.effort.cold == 0 ? "effort.cold is 0: nothing cold is measured"
                      : control                 ? "a control is not purged, so it is never cold"
                                                : nullptr;
    if (why) table.refuse(errc::config_bad_value, "state", why);
}

expectation read_expectation(toml_table& table, const change& change, const project& project) {
    expectation out;
    if (table.need("metric"))
        if (const auto metric = table.one_of("metric", words_of<model::metric>()))
            out.metric = static_cast<model::metric>(*metric);
    if (const auto state = table.one_of("state", words_of<temperature>())) out.state = static_cast<temperature>(*state);
    read_subject(table, change, project, out);
    check_cold(table, change, out);
    read_bound(table, out);
    read_margin(table, out);
    if (const auto primary = table.boolean("primary")) out.primary = primary->value;
    if (const auto critical = table.boolean("critical")) out.critical = critical->value;
    table.finish();
    return out;
}

void check_primary(std::vector<toml_table>& tables, std::vector<expectation>& all) {
    if (all.size() == 1) all.front().primary = true;
    const auto many = std::ranges::count_if(all, &expectation::primary);
    if (many == 1) return;
    if (many == 0) {
        tables.front().report().add(errc::config_missing_key, tables.front().place(),
                                    "of several expectations one decides: write primary = true into it");
        return;
    }
    bool seen = false;
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].primary && seen)
            tables[i].refuse(errc::config_bad_value, "primary", "only one expectation can be the primary one");
        seen = seen || all[i].primary;
    }
}

}  // namespace

std::vector<expectation> read_expectations(toml_table& root, const change& change, const project& project) {
    std::vector<expectation> out;
    if (!root.need("expect")) return out;
    auto tables = root.tables("expect");
    if (tables.empty() && root.kind_of("expect") == "an array")
        root.refuse(errc::config_bad_value, "expect", "expected at least one expectation");
    for (auto& table : tables)
        out.push_back(read_expectation(table, change, project));
    if (!out.empty() && root.report().clean()) check_primary(tables, out);
    return out;
}

}  // namespace understudy::model::detail
