// report/checklist.h - a checklist for the terminal, and what each check means. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/checklist.h"
#include "report/text.h"

namespace understudy::report {

struct checklist_look {
    text_options page;
    bool explain = false;  // with each check's explanation and evidence, not only what is to be mended
};

[[nodiscard]] std::string text(const model::checklist& list, const checklist_look& look = {});

// A paragraph: why it matters, what is looked at, what makes it not ok. Empty for no such check.
[[nodiscard]] std::string_view explanation_of(std::string_view id);
// All that have one, in the order of the list.
[[nodiscard]] std::vector<std::string_view> explained_checks();

}  // namespace understudy::report
