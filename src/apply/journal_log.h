// apply/journal_log.h - writes the records of one journal, each on disk before the step that it announces.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "exec/process_group.h"
#include "model/journal.h"
#include "store/journal.h"

namespace understudy::apply {

class journal_log {
public:
    // Errors: those of store::journal_writer.
    [[nodiscard]] static result<journal_log> create(const std::filesystem::path& path,
                                                    const model::journal_begin& begin);
    // Goes on with a journal that was read; step numbers continue.
    [[nodiscard]] static result<journal_log> reopen(const std::filesystem::path& path, const model::journal& read);

    [[nodiscard]] status saved(const model::journal_saved& what);
    // Announces a step and returns its number.
    [[nodiscard]] result<int> planned(const std::string& action, const std::string& detail);
    // The command of step `number` exists now, in this process group, and has not begun yet.
    [[nodiscard]] status running(int number, const exec::group_id& group);
    [[nodiscard]] status became(int number, model::step_state state, const std::string& error = {});
    [[nodiscard]] status end(const std::string& outcome);
    // Which file the rehearsal left as its evidence, and the digest of its bytes.
    [[nodiscard]] status sealed(const std::filesystem::path& file, const std::string& digest);

    // From here on each step is noted there too, when it begins and when it has ended.
    void note_to(log_sink log) { log_ = std::move(log); }

    [[nodiscard]] const std::filesystem::path& path() const { return writer_.path(); }

private:
    explicit journal_log(store::journal_writer writer) : writer_(std::move(writer)) {}
    [[nodiscard]] status write(const model::journal_record& record);

    store::journal_writer writer_;
    int last_ = 0;
    struct planned_step {
        std::string action, shown;
        std::chrono::steady_clock::time_point started;
    };
    std::map<int, planned_step> steps_;  // that were planned here
    log_sink log_;
};

// Reads a journal file and puts it together. Empty optional where it was killed before its first record was whole: then
// nothing was done, and nobody needs it.
[[nodiscard]] result<std::optional<model::journal>> read_journal(const std::filesystem::path& path);
// The newest journal of the folder that is open; empty optional where none is. A file that cannot be read is an error
// that names it, since it may be the one that is needed.
[[nodiscard]] result<std::optional<std::filesystem::path>> newest_open_journal(const std::filesystem::path& folder);

}  // namespace understudy::apply
