#include "apply/standing.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "apply/journal_log.h"
#include "apply/keys.h"

namespace understudy::apply {

namespace {

namespace fs = std::filesystem;

std::string setting_in_common(const model::journal_begin& left, const model::journal_begin& right) {
    const auto others = model::settings_of(right.step);
    for (const auto& [name, value] : model::settings_of(left.step))
        if (others.contains(name)) return "the setting " + name;
    return {};
}

// The command that did it, and the one that undoes it. A step without one has no name.
std::vector<std::string> commands_of(const model::journal_begin& of) {
    std::vector<std::string> out;
    if (const auto* deploy = std::get_if<model::deploy_step>(&of.step)) out.push_back(deploy->command);
    if (const auto* command = std::get_if<model::command_step>(&of.step)) out.push_back(command->name);
    if (!out.empty() && !of.rollback.command.empty()) out.push_back(of.rollback.command);
    return out;
}

std::string command_in_common(const model::journal_begin& left, const model::journal_begin& right) {
    // Whatever their commands are called: the release is one, and a rollback goes back to the one before.
    if (std::holds_alternative<model::deploy_step>(left.step) && std::holds_alternative<model::deploy_step>(right.step))
        return "deploys";
    const auto others = commands_of(right);
    for (const auto& name : commands_of(left))
        if (std::ranges::find(others, name) != others.end()) return "the command " + name;
    return {};
}

bool have_keys(const model::journal_begin& of) {
    return of.evicts || !of.families.empty();
}

// Patterns were checked when the journal was begun; one that cannot be read now may mean any key.
std::string keys_in_common(const model::journal_begin& left, const model::journal_begin& right) {
    if (left.environment.redis.database != right.environment.redis.database && !left.evicts && !right.evicts) return {};
    if (!have_keys(left) || !have_keys(right)) return {};
    const auto ours = key_families::parse(left.families, left.evicts);
    const auto theirs = key_families::parse(right.families, right.evicts);
    if (!ours || !theirs || ours->everything || theirs->everything) return "keys of the whole database";
    for (const auto& one : ours->patterns)
        for (const auto& other : theirs->patterns)
            if (one.overlaps(other)) return "keys of " + one.text();
    return {};
}

// The journals of the folder that were begun after this one, in the order of time: their names begin with it.
result<std::vector<journal_file>> later_than(const fs::path& journal, const store::state_folder& state) {
    std::vector<fs::path> files;
    std::error_code wrong;
    for (const auto& entry : fs::directory_iterator(state.journals(), wrong))
        if (entry.path().extension() == ".journal" && entry.path().filename() > journal.filename())
            files.push_back(entry.path());
    if (wrong) return fail(errc::io, "cannot list the journals: " + wrong.message(), state.journals().string());
    std::ranges::sort(files);
    std::vector<journal_file> out;
    for (auto& file : files) {
        auto read = read_journal(file);
        if (!read)
            return fail(errc::needs_rollback,
                        "a later journal cannot be read, and may be on top of it: " + read.error().what, file.string());
        if (*read) out.push_back({std::move(file), std::move(**read)});
    }
    return out;
}

bool is_on_top(const model::journal& later, const model::journal_begin& of) {
    return later.begin.at > of.at && (later.open() || later.stands()) &&
           same_server(later.begin, of.environment, of.primaries) && !in_common(of, later.begin).empty();
}

// By its run, or by a replication history that it shares with one that was written to: a replica that became the
// primary keeps that of the primary before it.
bool is_known(const model::journal_begin& begin, const net::server_facts& now) {
    const auto was_written_to = [&](const std::string& run_id) {
        return std::ranges::any_of(begin.primaries, [&](const auto& one) { return one.run_id == run_id; });
    };
    if (was_written_to(now.run_id)) return true;
    const auto known = [](const std::string& id) { return id.find_first_not_of('0') != std::string::npos; };
    for (const auto& was : begin.production) {
        if (!was_written_to(was.run_id)) continue;
        for (const auto& id : {was.replid, was.replid2})
            if (known(id) && (id == now.replid || id == now.replid2)) return true;
    }
    return false;
}

}  // namespace

std::string in_common(const model::journal_begin& left, const model::journal_begin& right) {
    if (auto setting = setting_in_common(left, right); !setting.empty()) return setting;
    if (const auto command = command_in_common(left, right); !command.empty()) return command;
    return keys_in_common(left, right);
}

status nothing_on_top(const store::state_folder& state, const journal_file& journal) {
    if (!journal.read.stands()) return {};
    UNDERSTUDY_LET(later, later_than(journal.path, state));
    // The one on top of it, and the one on top of that: the last of them can be rolled back now.
    const journal_file* first = &journal;
    std::string common;
    for (;;) {
        const auto above = std::find_if(later.rbegin(), later.rend(),
                                        [&](const auto& one) { return is_on_top(one.read, first->read.begin); });
        if (above == later.rend()) break;
        if (common.empty()) common = in_common(journal.read.begin, above->read.begin);
        first = &*above;
    }
    if (first == &journal) return {};
    return fail(errc::needs_rollback,
                fmt::format("what was done later stands on top of it ({}); first run: understudy rollback {}", common,
                            first->path.string()),
                journal.path.string());
}

status still_that_server(const journal_file& journal, const std::vector<net::server_facts>& now) {
    const auto& begin = journal.read.begin;
    if (!journal.read.stands() || begin.environment.role != model::role::production) return {};
    for (const auto& one : now) {
        if (is_known(begin, one)) continue;
        return fail(
            errc::unsafe_target,
            fmt::format("what answers there is not known to be the server of the journal: another run_id, and no "
                        "replication history in common. Where it is the right one all the same (it was restarted "
                        "or replaced), say so: understudy rollback {} --accept-other-server",
                        journal.path.string()),
            begin.environment.name);
    }
    return {};
}

}  // namespace understudy::apply
