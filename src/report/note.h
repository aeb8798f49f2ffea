// report/note.h - what is left to be said when a change is done: reason, files, command, what improved. Pure.
#pragma once

#include <string>

#include "model/evidence.h"

namespace understudy::report {

// Plain text of at most 72 columns (but for words that are longer), fit for a commit message, whose first line it
// brings along, or for a ticket. No line opens with "#", which git would take for a comment. A change that did not
// prove itself says so in the first line.
[[nodiscard]] std::string closing_note(const model::evidence&);

}  // namespace understudy::report
