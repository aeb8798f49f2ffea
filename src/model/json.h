// model/json.h - each noun as versioned JSON. docs/formats/ has a page for each.
//
// Every document opens with {"format": "understudy/<noun>", "version": N}. A reader takes its own version and older
// ones, refuses a newer one politely (errc::newer_format) and anything else with errc::bad_file.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "model/checklist.h"
#include "model/evidence.h"
#include "model/finding.h"
#include "model/history.h"
#include "model/journal.h"
#include "model/log_line.h"
#include "model/measurement.h"

namespace understudy::model {

[[nodiscard]] std::string to_json(const measurement&);
[[nodiscard]] std::string to_json(const comparison&);
[[nodiscard]] std::string to_json(const evidence&);
[[nodiscard]] std::string to_json(const change&);
[[nodiscard]] std::string to_json(const proof&);
[[nodiscard]] std::string to_json(const checklist&);
[[nodiscard]] std::string to_json(const journal_record&);  // one line

[[nodiscard]] std::string to_json(const std::vector<history_entry>&);
[[nodiscard]] std::string to_json(const log_line&);  // one line, with its line end

[[nodiscard]] result<measurement> read_measurement(std::string_view json);
[[nodiscard]] result<evidence> read_evidence(std::string_view json);
[[nodiscard]] result<checklist> read_checklist(std::string_view json);
[[nodiscard]] result<journal_record> read_journal_record(std::string_view json);
// Puts the records of a journal together; errc::journal_damaged where they make no sense.
[[nodiscard]] result<journal> assemble(const std::vector<std::string>& records);

// Words of the enums, as they stand in JSON and TOML.
[[nodiscard]] std::string_view word(role);
[[nodiscard]] std::string_view word(access);
[[nodiscard]] std::string_view word(database_kind);
[[nodiscard]] std::string_view word(metric);
[[nodiscard]] std::string_view word(temperature);
[[nodiscard]] std::string_view word(verdict);
[[nodiscard]] std::string_view word(outcome);
[[nodiscard]] std::string_view word(step_state);
[[nodiscard]] std::string_view word(origin);
[[nodiscard]] std::string_view word(check_line);
[[nodiscard]] std::string_view word(check_weight);
[[nodiscard]] std::string_view word(check_state);
[[nodiscard]] std::string_view word(standing);
[[nodiscard]] std::string_view word(act);

}  // namespace understudy::model
