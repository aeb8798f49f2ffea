#include "report/detail/cases.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "model/json.h"
#include "report/detail/facts.h"

namespace understudy::report::detail {

namespace {

using model::verdict;

constexpr double certain = 0.05;  // as controls are judged: diff/compare.h

std::string numbers_of(const model::finding& found) {
    const auto change = change_of(found);
    std::string out = fmt::format("{} -> {}", amount(found.reference, found.unit), amount(found.candidate, found.unit));
    if (!change.change.empty()) out += ", " + change.change;
    if (!change.range.empty()) out += " (" + change.range + ")";
    return out;
}

void add_reason(std::string& to, const std::string& why) {
    if (!why.empty()) to += "; " + why;
}

check of_run(const model::evidence& of) {
    check out{"run", "the rehearsal ran to its end undisturbed", check_state::passed, "", ""};
    if (!of.stopped.empty()) {
        out.state = check_state::error;
        out.message = "it ended early: " + of.stopped;
    } else if (!of.disturbances.empty()) {
        const auto& first = of.disturbances.front();
        out.state = check_state::error;
        out.message = fmt::format("staging was disturbed: {} ({})", first.what, first.where);
    } else if (of.comparison.verdict == verdict::invalid) {
        out.state = check_state::error;
        out.message = of.comparison.why;
    }
    return out;
}

check of_verdict(const model::evidence& of) {
    check out{"run", "nothing critical is worse", check_state::passed, of.comparison.why, ""};
    if (of.comparison.verdict == verdict::worse)
        out.state = check_state::failed;
    else if (of.comparison.verdict == verdict::inconclusive || of.comparison.verdict == verdict::invalid)
        out.state = check_state::error;
    return out;
}

check of_expectation(const model::judged& one) {
    check out{"expectation", expectation_text(one.expected), check_state::passed, numbers_of(one.found), ""};
    if (one.expected.primary) out.name += " (primary)";
    out.advice = one.found.advice;
    if (one.outcome == model::outcome::unknown) {
        out.state = check_state::error;
        out.message = one.why.empty() ? one.found.why : one.why;
        return out;
    }
    if (one.outcome == model::outcome::unmet) out.state = check_state::failed;
    add_reason(out.message, one.found.why);
    return out;
}

check of_control(const model::finding& found) {
    check out{"control", fmt::format("{} of {} does not move", metric_name(found.metric), found.subject),
              check_state::passed, numbers_of(found), found.advice};
    add_reason(out.message, found.why);
    if (found.verdict == verdict::same) return out;
    const bool moved = found.verdict == verdict::improved || found.verdict == verdict::worse;
    out.state = moved && found.p.value_or(0) <= certain ? check_state::error : check_state::skipped;
    if (moved) add_reason(out.message, out.state == check_state::error ? "it moved" : "it may have moved");
    return out;
}

check of_leaks(const model::evidence& of) {
    const auto& seen = of.comparison;
    check out{"leak", "nobody is shown what is another's", check_state::passed, "no marker was seen by anybody else",
              ""};
    if (!seen.leaks.empty()) {
        const auto& one = seen.leaks.front();
        out.state = check_state::failed;
        out.message = fmt::format("{} was shown what is {}'s on {} (order: {})", one.seen_as, one.marker_of, one.route,
                                  one.order);
        if (seen.leaks.size() > 1) out.message += fmt::format(", and {} more", seen.leaks.size() - 1);
    } else if (!seen.leaks_unknown.empty()) {
        out.state = check_state::skipped;
        out.message = seen.leaks_unknown.front();
    } else if (of.arms.empty()) {
        out.state = check_state::skipped;
        out.message = "nothing was measured after the change";
    }
    return out;
}

check of_proof(const model::proof& of, const proof_line& line) {
    check out{"proof", line.letter.empty() ? line.what : fmt::format("({}) {}", line.letter, line.what),
              check_state::passed, line.outcome, ""};
    if (line.mark == mark::bad) out.state = check_state::failed;
    if (line.mark == mark::unknown) out.state = of.done ? check_state::skipped : check_state::error;
    return out;
}

check of_whole_proof(const model::proof& of) {
    check out{"proof", "everything is as before", check_state::passed, proof_outcome(of), ""};
    if (of.complete()) return out;
    out.state = of.done ? check_state::failed : check_state::error;
    for (std::size_t i = 0; i < std::min<std::size_t>(of.differences.size(), 3); ++i)
        add_reason(out.message,
                   fmt::format("{}: {} ({})", of.differences[i].name, of.differences[i].what, of.differences[i].count));
    out.advice = "understudy rollback";
    return out;
}

// A CI takes two checks of one name for one.
void make_unique(std::vector<check>& all) {
    std::set<std::pair<std::string, std::string>> seen;
    for (auto& one : all) {
        const std::string name = one.name;
        for (int number = 2; !seen.emplace(one.group, one.name).second; ++number)
            one.name = fmt::format("{} ({})", name, number);
    }
}

}  // namespace

std::vector<check> checks_of(const model::evidence& of) {
    std::vector<check> out{of_run(of), of_verdict(of)};
    for (const auto& one : of.comparison.expectations)
        out.push_back(of_expectation(one));
    for (const auto& one : of.comparison.controls)
        out.push_back(of_control(one));
    out.push_back(of_leaks(of));
    out.push_back(of_whole_proof(of.proof));
    for (const auto& line : proof_lines(of.proof))
        out.push_back(of_proof(of.proof, line));
    // Whatever the exit code stands for that none of these tells.
    const auto counts = counts_of(out);
    if (of.exit_code != 0 && counts.failed + counts.errors == 0) {
        out.front().state = check_state::error;
        out.front().message = fmt::format("it ended with exit code {}", of.exit_code);
    }
    make_unique(out);
    return out;
}

check_counts counts_of(const std::vector<check>& all) {
    check_counts out;
    out.all = all.size();
    for (const auto& one : all) {
        out.failed += one.state == check_state::failed;
        out.errors += one.state == check_state::error;
        out.skipped += one.state == check_state::skipped;
    }
    return out;
}

}  // namespace understudy::report::detail
