// The records of a journal, put together. Records are appended and never changed, so their order says what happened.
#include <algorithm>

#include <fmt/format.h>

#include "model/json.h"

namespace understudy::model {

namespace {

std::unexpected<error> damaged(std::size_t record, std::string_view what) {
    return fail(errc::journal_damaged, std::string(what), fmt::format("record {}", record + 1));
}

// A number belongs to one action. No more is asked: a rollback must not fail for a journal that is only odd.
bool belongs(const journal& so_far, const journal_step& next) {
    return std::ranges::none_of(so_far.steps, [&](const journal_step& step) {
        return step.number == next.number && step.action != next.action;
    });
}

status add(journal& into, journal_record&& record, std::size_t index) {
    if (std::holds_alternative<journal_begin>(record)) return damaged(index, "a journal begins once");
    if (auto* saved = std::get_if<journal_saved>(&record)) {
        if (into.saved) return damaged(index, "what was before is saved once");
        into.saved = std::move(*saved);
    }
    if (auto* step = std::get_if<journal_step>(&record)) {
        if (!belongs(into, *step)) return damaged(index, "this number belongs to another step");
        into.steps.push_back(std::move(*step));
        into.end.reset();  // something was done after that end: only a later one can say how it came out
    }
    if (auto* end = std::get_if<journal_end>(&record)) into.end = std::move(*end);
    if (auto* evidence = std::get_if<journal_evidence>(&record)) into.evidence = std::move(*evidence);
    return {};
}

}  // namespace

result<journal> assemble(const std::vector<std::string>& records) {
    if (records.empty()) return fail(errc::journal_damaged, "the journal holds no record");
    journal out;
    for (std::size_t i = 0; i < records.size(); ++i) {
        auto record = read_journal_record(records[i]);
        if (!record && record.error().code == errc::newer_format) return pass(std::move(record));
        if (!record) return damaged(i, "not a record of a journal: " + record.error().text());
        auto* begin = std::get_if<journal_begin>(&*record);
        if (i == 0 && !begin) return damaged(i, "a journal opens with how it began");
        if (i == 0)
            out.begin = std::move(*begin);
        else
            UNDERSTUDY_TRY(add(out, std::move(*record), i));
    }
    return out;
}

}  // namespace understudy::model
