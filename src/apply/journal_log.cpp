#include "apply/journal_log.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "model/json.h"

namespace understudy::apply {

namespace {

// The journal may name keys and values, the log may not: a command by its name, a setting by its name, a count as it
// is, of anything else the first word.
std::string shown(const std::string& detail) {
    const auto words = [&](int count) {
        std::size_t end = 0;
        for (int i = 0; i < count && end != std::string::npos; ++i)
            end = detail.find(' ', end + (i > 0 ? 1 : 0));
        return detail.substr(0, end);
    };
    if (detail.starts_with("command ")) return words(2);
    if (detail.starts_with("CONFIG SET ")) return words(3);
    if (!detail.empty() && detail.front() >= '0' && detail.front() <= '9') return detail;
    return words(1);
}

}  // namespace

result<journal_log> journal_log::create(const std::filesystem::path& path, const model::journal_begin& begin) {
    UNDERSTUDY_LET(writer, store::journal_writer::create(path));
    journal_log out(std::move(writer));
    UNDERSTUDY_TRY(out.write(begin));
    return out;
}

result<journal_log> journal_log::reopen(const std::filesystem::path& path, const model::journal& read) {
    UNDERSTUDY_LET(writer, store::journal_writer::reopen(path));
    journal_log out(std::move(writer));
    for (const auto& step : read.steps)
        out.last_ = std::max(out.last_, step.number);
    return out;
}

status journal_log::saved(const model::journal_saved& what) {
    return write(what);
}

result<int> journal_log::planned(const std::string& action, const std::string& detail) {
    model::journal_step step;
    step.at = now();
    step.number = ++last_;
    step.action = action;
    step.detail = detail;
    steps_[step.number] = {action, shown(detail), std::chrono::steady_clock::now()};
    UNDERSTUDY_TRY(write(step));
    log_.step({action, steps_[step.number].shown, std::nullopt});
    return step.number;
}

status journal_log::running(int number, const exec::group_id& group) {
    model::journal_step step;
    step.at = now();
    step.number = number;
    step.action = steps_[number].action;
    step.process_group = group.pgid;
    step.process_started = group.started;
    return write(step);
}

status journal_log::became(int number, model::step_state state, const std::string& error) {
    model::journal_step step;
    step.at = now();
    step.number = number;
    const auto& known = steps_[number];
    step.action = known.action;
    step.state = state;
    step.error = error;
    if (state == model::step_state::failed || state == model::step_state::applied || state == model::step_state::undone)
        log_.step({known.action, known.shown, std::chrono::steady_clock::now() - known.started,
                   state != model::step_state::failed ? ""
                   : error.empty()                    ? "failed"
                                                      : std::string_view(error),
                   state != model::step_state::failed ? "" : "the step failed; the journal says what it was"});
    return write(step);
}

status journal_log::end(const std::string& outcome) {
    return write(model::journal_end{now(), outcome});
}

status journal_log::sealed(const std::filesystem::path& file, const std::string& digest) {
    return write(model::journal_evidence{now(), file.string(), digest});
}

status journal_log::write(const model::journal_record& record) {
    return writer_.append(model::to_json(record));
}

result<std::optional<model::journal>> read_journal(const std::filesystem::path& path) {
    UNDERSTUDY_LET(contents, store::read_journal(path));
    if (contents.records.empty()) return std::nullopt;
    auto journal = model::assemble(contents.records);
    if (!journal) {
        auto& where = journal.error().where;
        where = path.string() + (where.empty() ? "" : ": " + where);
        return pass(std::move(journal));
    }
    return std::move(*journal);
}

result<std::optional<std::filesystem::path>> newest_open_journal(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code wrong;
    for (const auto& entry : std::filesystem::directory_iterator(folder, wrong))
        if (entry.path().extension() == ".journal") files.push_back(entry.path());
    if (wrong) return fail(errc::io, "cannot list the journals: " + wrong.message(), folder.string());
    // Names begin with the time, so the newest is the last.
    std::sort(files.rbegin(), files.rend());
    for (const auto& file : files) {
        UNDERSTUDY_LET(journal, read_journal(file));
        if (journal && journal->open()) return file;
    }
    return std::nullopt;
}

}  // namespace understudy::apply
