#include "report/profile.h"

#include <algorithm>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/units.h"
#include "report/detail/facts.h"
#include "report/detail/grid.h"
#include "report/detail/printable.h"

namespace understudy::report {

namespace {

using detail::grid;
using detail::one_line;
using detail::paint;
using detail::tone;
using detail::wrapped;

std::string percent(std::uint64_t part, std::uint64_t whole) {
    if (part == 0 || whole == 0) return "0 %";
    const double share = 100 * static_cast<double>(part) / static_cast<double>(whole);
    return share < 0.1 ? "< 0.1 %" : share < 10 ? fmt::format("{:.1f} %", share) : fmt::format("{:.0f} %", share);
}

std::string keys_text(const model::family_profile& of) {
    if (!of.keys_range) return std::to_string(of.keys);
    return fmt::format("~{} ({} to {})", of.keys, of.keys_range->low, of.keys_range->high);
}

// What nearly all are, else the two most frequent: "hash", "raw 60 %, embstr 40 %".
std::string mix(const std::map<std::string, std::uint64_t>& counts, std::uint64_t whole) {
    constexpr double nearly_all = 0.95;
    std::vector<std::pair<std::uint64_t, std::string>> sorted;
    for (const auto& [name, count] : counts)
        sorted.emplace_back(count, name);
    std::ranges::sort(sorted, [](const auto& left, const auto& right) {
        return left.first != right.first ? left.first > right.first : left.second < right.second;
    });
    if (sorted.empty()) return "";
    if (static_cast<double>(sorted.front().first) >= nearly_all * static_cast<double>(whole))
        return sorted.front().second;
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(2, sorted.size()); ++i)
        out += fmt::format("{}{} {}", i == 0 ? "" : ", ", sorted[i].second, percent(sorted[i].first, whole));
    return out;
}

template <class Show>
std::string spread(const stats::sketch& of, Show show_one) {
    if (of.empty()) return "";
    const std::string low = show_one(*of.quantile(0.5)), high = show_one(*of.quantile(0.99));
    return low == high ? low : low + " / " + high;
}

// In one unit, for columns: "90 s", "24 h", "30 d".
std::string short_time(std::uint64_t milliseconds) {
    constexpr std::pair<std::uint64_t, std::string_view> units[] = {
        {86'400'000, "d"}, {3'600'000, "h"}, {60'000, "min"}, {1000, "s"}};
    for (const auto& [unit, name] : units)
        if (milliseconds >= 2 * unit) return fmt::format("{} {}", (milliseconds + unit / 2) / unit, name);
    return fmt::format("{} ms", milliseconds);
}

std::string lifetime_text(const model::family_profile& of) {
    if (of.persistent == of.counted) return "never";
    std::string out = spread(of.lifetime, short_time);
    const auto add = [&](std::uint64_t count, std::string_view what) {
        if (count > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", percent(count, of.counted), what);
    };
    add(of.persistent, "never");
    add(of.overdue, "overdue");
    return out;
}

// What its keys take, or where that is not known, what they hold.
std::uint64_t weight_of(const model::family_profile& of) {
    const auto& sizes = of.memory.empty() ? of.bytes : of.memory;
    const double scale = of.counted == 0 ? 1 : static_cast<double>(of.keys) / static_cast<double>(of.counted);
    return static_cast<std::uint64_t>(static_cast<double>(sizes.sum()) * scale);
}

std::string head_of(const model::profile& of) {
    std::set<int> databases;
    std::uint64_t weight = 0;
    for (const auto& family : of.families) {
        databases.insert(family.database);
        weight += weight_of(family);
    }
    std::string out = one_line(of.environment);
    if (!of.version.empty()) out += fmt::format(": {} {}", one_line(of.software), one_line(of.version));
    out += fmt::format(", {} in {}, {} in {}", detail::plural(of.keys, "key", "keys"),
                       detail::plural(of.families.size(), "family", "families"), show_bytes(weight),
                       detail::plural(databases.size(), "database", "databases"));
    return out + fmt::format(", as of {}", show(of.to));
}

// A pattern that is wider than what the other columns leave is shortened in its middle: its two ends tell most.
std::string shortened(const std::string& text, std::size_t width) {
    if (text.size() <= width) return text;
    const std::size_t end = width / 2;
    return text.substr(0, width - end - 1) + "…" + text.substr(text.size() - end);
}

std::string table_of(std::vector<std::vector<detail::cell>> rows, bool of_memory, const text_options& look) {
    constexpr std::size_t least = 24;  // of a pattern; below that the grid becomes a list
    const std::vector<std::string> heads{
        "keys",       "share", "type", "encoding", of_memory ? "memory p50 / p99" : "value p50 / p99",
        "expires in", "family"};
    std::size_t others = 2;
    for (std::size_t column = 0; column + 1 < heads.size(); ++column) {
        std::size_t widest = heads[column].size();
        for (const auto& row : rows)
            widest = std::max(widest, row[column].text.size());
        others += widest + 2;
    }
    const std::size_t room = std::max(least, look.width > others ? look.width - others : 0);
    grid table(heads);
    for (auto& row : rows) {
        row.back().text = shortened(row.back().text, room);
        table.add(std::move(row));
    }
    return table.text(look.width, look.colour);
}

// "recognised: WordPress 602 keys, Django 30 keys"; empty where no framework was.
std::string recognised(const model::profile& of) {
    std::map<std::string, std::uint64_t> keys;
    for (const auto& family : of.families)
        if (!family.framework.empty()) keys[family.framework] += family.keys;
    std::vector<std::pair<std::uint64_t, std::string>> most;
    for (const auto& [name, count] : keys)
        most.emplace_back(count, name);
    std::ranges::sort(most, std::greater{});
    std::string out;
    for (const auto& [count, name] : most)
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", one_line(name), detail::plural(count, "key", "keys"));
    return out.empty() ? out : "recognised: " + out;
}

// "largest: 4.00 KB shop:{int}:product:* (hmac:0123456789abcdef)", a line each; the first few.
std::string notable_text(const model::profile& of, const text_options& look) {
    constexpr std::size_t shown = 3;
    std::string out;
    const auto add = [&](const model::notable_key& one, std::string_view what, const std::string& number) {
        out += wrapped(fmt::format("  {}: {} {} ({})", what, number, one_line(one.pattern), one_line(one.key)),
                       look.width, 4) +
               "\n";
    };
    for (std::size_t i = 0; i < std::min(shown, of.largest.size()); ++i)
        add(of.largest[i], "largest", show_bytes(of.largest[i].bytes));
    for (std::size_t i = 0; i < std::min(shown, of.hottest.size()); ++i)
        add(of.hottest[i], "hottest", fmt::format("LFU {}", of.hottest[i].frequency));
    return out;
}

std::string pages_text(const model::profile& of, const text_options& look) {
    if (of.routes.empty()) return "";
    grid table({"page", "as", "status", "first", "second", "cache-control", "vary"});
    const auto header = [](const model::route_profile& one, const char* name) {
        const auto found = one.headers.find(name);
        return found == one.headers.end() ? std::string() : one_line(found->second);
    };
    for (const auto& one : of.routes)
        table.add({{one_line(one.route), tone::strong},
                   {one_line(one.identity)},
                   {std::to_string(one.status)},
                   {one_line(one.first)},
                   {one_line(one.second)},
                   {header(one, "cache-control")},
                   {header(one, "vary")}});
    return "\n" + table.text(look.width, look.colour);
}

std::string application_text(const model::profile& of, const text_options& look) {
    if (of.application.empty()) return "";
    std::size_t hidden = 0;
    std::string plain;
    for (const auto& [name, value] : of.application) {
        if (value.starts_with("hmac:"))
            ++hidden;
        else
            plain += fmt::format("{}{}={}", plain.empty() ? "" : ", ", one_line(name), one_line(value));
    }
    return wrapped(fmt::format("  its settings: {}{}", plain,
                               hidden == 0 ? "" : fmt::format("; {} more whose values are not shown", hidden)),
                   look.width, 4) +
           "\n";
}

// "  shown by encodings: hash-max-listpack-entries about 100 to 128", and a line for each user.
std::string server_text(const model::profile& of, const text_options& look) {
    std::string out, shown;
    for (const auto& one : of.thresholds)
        shown += fmt::format("{}{} {}", shown.empty() ? "" : ", ", one_line(one.setting), text_of(one));
    if (!shown.empty()) out += wrapped("  shown by encodings: " + shown, look.width, 4) + "\n";
    for (const auto& [name, rules] : of.users)
        out += wrapped(fmt::format("  user {}: {}", one_line(name), one_line(rules)), look.width, 4) + "\n";
    return out;
}

}  // namespace

std::string text(const model::profile& of, const profile_text_options& options) {
    const auto& look = options.look;
    std::string out = wrapped(head_of(of), look.width, 2) + "\n";
    if (of.partial)
        out += paint("  partial: the source ended before its end, and what follows is of what came before\n",
                     tone::warn, look.colour);
    if (of.rate < 1)
        out += fmt::format("  of a sample of {} of the keys\n",
                           percent(static_cast<std::uint64_t>(of.rate * 1e6), 1'000'000));
    if (const auto by = recognised(of); !by.empty()) out += wrapped("  " + by, look.width, 4) + "\n";
    std::vector<const model::family_profile*> heaviest;
    std::uint64_t whole = 0;
    bool several_databases = false, of_memory = false;
    for (const auto& family : of.families) {
        heaviest.push_back(&family);
        whole += weight_of(family);
        of_memory = of_memory || !family.memory.empty();
        several_databases = several_databases || family.database != of.families.front().database;
    }
    // Equal weights stay in the order of database and pattern.
    std::ranges::sort(heaviest, [](const auto* left, const auto* right) {
        const auto l = weight_of(*left), r = weight_of(*right);
        return l != r ? l > r : std::tie(left->database, left->pattern) < std::tie(right->database, right->pattern);
    });
    const auto most = options.families == 0 ? heaviest.size() : std::min(options.families, heaviest.size());
    std::vector<std::vector<detail::cell>> rows;
    for (std::size_t i = 0; i < most; ++i) {
        const auto& family = *heaviest[i];
        const auto place = several_databases ? fmt::format("db{} ", family.database) : std::string();
        rows.push_back({{keys_text(family)},
                        {percent(weight_of(family), whole)},
                        {mix(family.types, family.counted)},
                        {mix(family.encodings, family.counted)},
                        {spread(of_memory ? family.memory : family.bytes, show_bytes)},
                        {lifetime_text(family), family.persistent == family.counted ? tone::warn : tone::plain},
                        {place + one_line(family.pattern), tone::strong}});
    }
    if (!rows.empty()) out += table_of(std::move(rows), of_memory, look);
    if (most < heaviest.size())
        out += fmt::format("  and {} more that {}; --all shows them\n", heaviest.size() - most,
                           heaviest.size() - most == 1 ? "holds less" : "hold less");
    out += notable_text(of, look);
    out += server_text(of, look);
    out += pages_text(of, look);
    out += application_text(of, look);
    for (const auto& one : of.degraded)
        out += paint(wrapped(fmt::format("  not known: {}: {}", one_line(one.fact), one_line(one.why)), look.width, 4),
                     tone::dim, look.colour) +
               "\n";
    return out;
}

}  // namespace understudy::report
