#include <fmt/format.h>

#include "report/detail/facts.h"

namespace understudy::report::detail {

namespace {

mark mark_if(bool good) {
    return good ? mark::good : mark::bad;
}

proof_line settings_line(const model::proof& of) {
    const auto& part = of.settings;
    return {"a", "settings, as before on every node",
            fmt::format("{} checked, {} set back, {} differ", part.checked, part.restored, part.differ),
            mark_if(part.differ == 0)};
}

proof_line keys_line(const model::proof& of) {
    const auto& part = of.keys;
    const std::string what = "keys that the rehearsal removed, overwrote or re-timed";
    const bool skipped = of.eviction.starts_with("settings only") && part.as_before + part.differ + part.expired == 0;
    if (skipped) return {"b", what, "not backed up and not compared: " + of.eviction, mark::unknown};
    return {"b", what,
            fmt::format("{} as before ({} of them restored), {} expired meanwhile, {} differ", part.as_before,
                        part.restored, part.expired, part.differ),
            mark_if(part.differ == 0)};
}

proof_line written_line(const model::proof& of) {
    return {"c", "keys that traffic wrote in the change's families",
            fmt::format("{} removed, {} left", of.removed, of.left_in_families), mark_if(of.left_in_families == 0)};
}

proof_line elsewhere_line(const model::proof& of) {
    const std::string what = "keys elsewhere that traffic changed; never touched";
    if (!of.elsewhere_new && !of.elsewhere_changed && !of.elsewhere_gone && !of.elsewhere_expired) {
        const std::string why = of.elsewhere_unknown.empty() ? "they were not counted" : of.elsewhere_unknown;
        return {"d", what, "unknown: " + why, mark::unknown};
    }
    std::string outcome;
    const auto add = [&](const std::optional<std::uint64_t>& count, const char* name) {
        outcome +=
            fmt::format("{}{} {}", outcome.empty() ? "" : ", ", count ? std::to_string(*count) : "unknown", name);
    };
    add(of.elsewhere_new, "new");
    add(of.elsewhere_changed, "changed");
    add(of.elsewhere_gone, "gone");
    add(of.elsewhere_expired, "expired");
    if (!of.elsewhere_unknown.empty()) outcome += "; " + of.elsewhere_unknown;
    return {"d", what, outcome, mark::neutral};
}

proof_line release_line(const model::proof& of) {
    if (of.release_before.empty()) return {"", "release", "unknown: no command `release` tells it", mark::unknown};
    const std::string is = of.release_after.empty() ? "unknown" : of.release_after;
    return {"", "release",
            of.release_ok ? of.release_before + ", as before" : fmt::format("{}, was {}", is, of.release_before),
            mark_if(of.release_ok)};
}

}  // namespace

std::vector<proof_line> proof_lines(const model::proof& of) {
    std::vector<proof_line> out{settings_line(of), keys_line(of), written_line(of), elsewhere_line(of)};
    const auto said = [](const std::string& text) { return text.empty() ? "unknown" : text; };
    const bool only_settings = of.eviction.empty() || of.eviction.starts_with("settings only");
    out.push_back({"e", "eviction", said(of.eviction), only_settings ? mark::unknown : mark::good});
    out.push_back({"f", "database", said(of.database), mark::neutral});
    out.push_back(release_line(of));
    if (!of.done)
        for (auto& line : out) {
            line.outcome = "unknown: the proof was not made";
            line.mark = mark::unknown;
        }
    return out;
}

std::string proof_outcome(const model::proof& of) {
    if (!of.done) return "the rollback was not proven";
    if (of.differences.empty()) {
        const bool partly = of.eviction.starts_with("settings only");
        return fmt::format("{} ({})",
                           partly ? "the settings are as before; keys were not compared" : "everything is as before",
                           seconds_text(of.seconds));
    }
    std::uint64_t count = 0;
    for (const auto& one : of.differences)
        count += one.count;
    return fmt::format("{} left after the rollback", plural(count, "difference is", "differences are"));
}

}  // namespace understudy::report::detail
