// model/finding.h - what differs, how surely, and what that means. Drift and comparison are both lists of findings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/measurement.h"

namespace understudy::model {

enum class verdict : std::uint8_t { improved, same, worse, inconclusive, invalid };
enum class outcome : std::uint8_t { met, unmet, unknown };

struct interval {
    double low = 0, high = 0;
    double confidence = 0.95;
};

struct finding {
    std::string metric;                          // "response_time", or a setting's name for drift
    std::string subject;                         // "category as ada, warm", or the environment
    std::string unit;                            // "ms", "calls", "share", ""
    std::optional<double> reference;             // before, or production
    std::optional<double> candidate;             // after, or staging
    std::string reference_text, candidate_text;  // where the two are no numbers
    std::optional<double> change;                // relative, -0.5 for a half less; empty where it has no meaning
    std::optional<model::interval> range;        // of `change`, or of the difference where `change` is empty
    std::string method;                          // "paired sign-flip, 8 pairs", "counts constant in each arm", "exact"
    std::optional<double> p;                     // after Holm's correction, where a test was made
    double margin = 0;                           // same unit as `range`
    model::verdict verdict = verdict::inconclusive;
    std::string why;     // one sentence, always there where the verdict is inconclusive or invalid
    std::string advice;  // what would mend it; may be empty
};

// A declared expectation, and what became of it.
struct judged {
    expectation expected;
    finding found;
    model::outcome outcome = outcome::unknown;
    std::string why;
};

struct comparison {
    std::vector<judged> expectations;
    std::vector<finding> controls;  // routes that must not move
    std::vector<finding> others;    // everything else that was measured; for looking, no verdict follows from it
    std::vector<leak> leaks;        // only since the change
    std::vector<leak> old_leaks;    // there before it as well
    std::vector<std::string> leaks_unknown;  // which could not have been seen, and why
    model::verdict verdict = verdict::inconclusive;
    std::string why;  // the reason in one sentence
};

// Smallest effect that could be seen, from the noise of an unchanged environment.
struct noise_row {
    series_key key;
    model::metric metric = metric::response_time;
    std::optional<double> floor;             // sd of paired differences, in the unit of a finding's range
    std::optional<double> smallest_visible;  // with 80 % power at 5 %
    std::optional<double> p;                 // A against A', after Holm
    bool differs = false;                    // significantly and by more than the margin
};

struct noise {
    std::vector<noise_row> rows;  // the declared metrics and the controls
    bool ok = true;
    std::string why;
};

}  // namespace understudy::model
