// `purge`: the keys of some patterns, counted; removed with --execute; brought back with --restore.
#include "purge/purge.h"

#include <algorithm>
#include <filesystem>

#include <boost/json.hpp>
#include <fmt/format.h>

#include "apply/journal_log.h"
#include "apply/restore.h"
#include "apply/rollback.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "model/json.h"
#include "net/read_only_cluster.h"
#include "store/state_folder.h"

namespace understudy::cli {

namespace {

constexpr std::chrono::seconds patience{10};
constexpr std::size_t shown_templates = 5;

// The journal of a purge, also from the name of its backup.
result<std::filesystem::path> journal_to_restore(const std::string& given) {
    std::filesystem::path path = given;
    if (path.extension() == ".backup") {
        UNDERSTUDY_LET(state, store::open_state_folder());
        path = apply::journal_of_backup(state.journals(), path);
    }
    std::error_code wrong;
    if (!std::filesystem::exists(path, wrong))
        return fail(errc::bad_file,
                    path == given ? "there is no such journal"
                                  : "the journal of this backup is gone, and with it what the keys are proven against",
                    path.string());
    return path;
}

// The most frequent first.
std::vector<std::pair<std::string, std::uint64_t>> by_count(const std::map<std::string, std::uint64_t>& counts) {
    std::vector<std::pair<std::string, std::uint64_t>> out(counts.begin(), counts.end());
    std::ranges::sort(out, [](const auto& a, const auto& b) {
        return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    return out;
}

std::string types_text(const purge::pattern_count& of) {
    std::string out;
    for (const auto& [type, count] : by_count(of.types))
        out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, type);
    return out.empty() ? "none" : out;
}

std::string memory_text(const purge::pattern_count& of) {
    if (of.keys == 0) return "0 B";
    if (of.measured == 0) return "unknown";
    return (of.measured < of.keys ? "~" : "") + show_bytes(of.bytes);
}

void print_plan(const purge::plan& of) {
    print(fmt::format("Purge of {} ({}): {} keys, about {}\n\n", of.environment, of.redis, of.keys(),
                      show_bytes(of.bytes())));
    table rows({"pattern", "keys", "memory", "types", "without expiry"}, {false, true, true, false, true});
    for (const auto& one : of.patterns)
        rows.row(
            {one.pattern, std::to_string(one.keys), memory_text(one), types_text(one), std::to_string(one.persistent)});
    print(rows.text(stdout_is_coloured()));
    for (const auto& one : of.patterns) {
        const auto names = by_count(one.templates);
        for (std::size_t i = 0; i < std::min(names.size(), shown_templates); ++i)
            print(fmt::format("  {}{}  {}\n", i == 0 ? "keys like " : "          ", names[i].first, names[i].second));
        if (names.size() > shown_templates) print(fmt::format("            and {} more kinds\n", names.size() - 5));
    }
    print(
        "\nCollateral: unknown. Which other routes use these keys is not known here; their next visitors pay for "
        "writing them again.\n");
}

boost::json::object json_of(const purge::plan& of) {
    boost::json::array patterns;
    for (const auto& one : of.patterns) {
        boost::json::object types, templates;
        for (const auto& [name, count] : one.types)
            types[name] = count;
        for (const auto& [name, count] : one.templates)
            templates[name] = count;
        boost::json::object row{{"pattern", one.pattern},
                                {"keys", one.keys},
                                {"without_expiry", one.persistent},
                                {"types", types},
                                {"templates", templates}};
        if (one.measured > 0 || one.keys == 0) row["bytes"] = one.bytes;
        patterns.push_back(std::move(row));
    }
    return {{"format", "understudy/purge"},  {"version", 1},         {"plan", of.digest},       {"at", show(of.at)},
            {"environment", of.environment}, {"redis", of.redis},    {"database", of.database}, {"keys", of.keys()},
            {"bytes", of.bytes()},           {"patterns", patterns}, {"collateral", nullptr}};
}

// One word for a shell.
std::string quoted(const std::string& word) {
    std::string out = "'";
    for (const char c : word)
        out += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return out + "'";
}

std::string command_text(const options& given, const purge::plan& of, bool production) {
    std::string out = "understudy purge " + given.names.front();
    for (const auto& pattern : given.patterns)
        out += " --pattern " + quoted(pattern);
    return out + " --execute" + (production ? " --plan " + of.digest : "");
}

result<int> plan_only(const options& given, net::runtime& runtime, const model::environment& where) {
    UNDERSTUDY_LET(endpoint, apply::endpoint_of(where));
    UNDERSTUDY_LET(link, net::read_only_cluster::connect(runtime, endpoint, net::deadline::after(patience)));
    progress shown(given.quiet, given.log);
    purge::plan_options how;
    how.progress = [&](std::uint64_t seen) { shown.show("counting keys of " + where.name, seen, 0); };
    auto plan = purge::make_plan(runtime, link, where, given.patterns, how);
    shown.clear();
    if (!plan) return pass(std::move(plan));
    if (given.json) {
        print(boost::json::serialize(json_of(*plan)) + "\n");
        return 0;
    }
    print_plan(*plan);
    if (where.access != model::access::read_write)
        print(fmt::format("\nNothing was done, and nothing can be: {} is read-only here.\n", where.name));
    else
        print(fmt::format("\nNothing was done. To do it: {}\n",
                          command_text(given, *plan, where.role == model::role::production)));
    return 0;
}

void print_result(const options& given, const purge::purge_result& done) {
    if (given.json) {
        auto out = json_of(done.plan);
        out["removed"] = done.removed;
        out["as_before"] = done.as_before;
        out["written_again"] = done.written_again;
        out["journal"] = done.journal.string();
        out["backup"] = done.backup.string();
        return print(boost::json::serialize(out) + "\n");
    }
    print(fmt::format("Removed {} keys of {}, backed up first.\n", done.removed, done.plan.environment));
    if (done.as_before > 0)
        print(fmt::format("{} of them are there as before: somebody put them back.\n", done.as_before));
    if (done.written_again > 0)
        print(fmt::format("{} keys of these patterns were written since, by visitors.\n", done.written_again));
    print(fmt::format("To bring them back: understudy purge --restore {}\n", done.journal.string()));
}

}  // namespace

result<int> run_purge(const options& given) {
    if (!given.restore.empty()) {
        if (given.execute || !given.patterns.empty() || !given.plan.empty())
            return fail(errc::usage, "--restore stands alone: its journal says what is brought back");
        UNDERSTUDY_LET(journal, journal_to_restore(given.restore));
        UNDERSTUDY_LET(read, apply::read_journal(journal));
        if (read && !std::holds_alternative<model::purge_step>(read->begin.step))
            return fail(errc::usage, "this is the journal of no purge; understudy rollback undoes it",
                        journal.string());
        return roll_back_and_print(given, journal);
    }
    if (given.names.empty()) return fail(errc::usage, "expected an environment, or --restore JOURNAL");
    if (given.patterns.empty()) return fail(errc::usage, "expected at least one --pattern PATTERN");
    if (!given.plan.empty() && !given.execute) return fail(errc::usage, "--plan is for --execute");
    UNDERSTUDY_LET(project, load_project(given));
    UNDERSTUDY_LET(where, environment_of(project, given.names.front()));
    net::runtime runtime;
    if (!given.execute) return plan_only(given, runtime, *where);
    progress shown(given.quiet, given.log);
    purge::purge_options how;
    if (!given.plan.empty()) how.plan = given.plan;
    how.log = shown.sink();
    how.progress = [&](std::string_view stage, std::uint64_t done, std::uint64_t total) {
        shown.show(stage, done, total);
    };
    auto done = purge::execute(runtime, project, *where, given.patterns, how);
    shown.clear();
    if (!done) return pass(std::move(done));
    print_result(given, *done);
    return static_cast<int>(done->verified() ? exit_code::ok : exit_code::unmet);
}

}  // namespace understudy::cli
