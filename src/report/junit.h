// report/junit.h - one rehearsal as the XML that CI systems show as tests. Pure; a function of the evidence alone.
//
// One <testsuite> for each kind of check (report/detail/cases.h says what fails, what is an error and what is skipped),
// all within one <testsuites>. Attributes and their order are those that Jenkins, GitLab and the usual actions of
// GitHub read: name, tests, failures, errors, skipped, time; names are unique within their class, since GitLab takes
// two tests of one name for one. Docs: docs/report.md.
#pragma once

#include <string>

#include "model/evidence.h"

namespace understudy::report {

[[nodiscard]] std::string junit(const model::evidence&);

}  // namespace understudy::report
