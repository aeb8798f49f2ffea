#include "report/detail/proven.h"

#include <fmt/format.h>

#include "report/detail/facts.h"

namespace understudy::report::detail {

// A command that deploys may, with other arguments, be the one that rolls back. The first run of it applied the change,
// for nothing is undone before something was done; the rollback is the last run of its command that differs from that.
proven_commands proven_commands_of(const model::evidence& of) {
    proven_commands out;
    const auto* deploy = std::get_if<model::deploy_step>(&of.change.step);
    const auto* command = std::get_if<model::command_step>(&of.change.step);
    if (!deploy && !command) return out;
    const auto& name = deploy ? deploy->command : command->name;
    for (const auto& run : of.commands) {
        if (run.what != name || run.argv.empty()) continue;
        if (run.exit_code == 0) out.apply = run;
        break;
    }
    if (!out.apply) return out;
    for (const auto& run : of.commands)
        if (run.what == of.change.rollback.command && run.exit_code == 0 && !run.argv.empty() &&
            run.argv != out.apply->argv)
            out.undo = run;
    return out;
}

std::optional<std::string> setting_before(const model::evidence& of) {
    const auto found = of.conditions.find("setting before");
    if (found == of.conditions.end()) return std::nullopt;
    return found->second;
}

namespace {

// A script has no backup.
constexpr const char* by_program =
    "expiries are changed by `understudy apply`, which keeps each key's own for the way back; no script does that";

}  // namespace

std::string why_no_undo(const model::evidence& of) {
    if (const auto why = why_not_proven(of); !why.empty()) return why;
    if (std::holds_alternative<model::expire_step>(of.change.step)) return by_program;
    if (std::holds_alternative<model::redis_config_step>(of.change.step))
        return setting_before(of) ? "" : "the evidence does not say what the setting was before";
    if (of.change.rollback.command.empty())
        return "the change declares no rollback" +
               (of.change.rollback.none.empty() ? "" : ": " + of.change.rollback.none);
    if (!proven_commands_of(of).undo) return "the rollback command was not seen to succeed";
    return {};
}

std::string why_no_apply(const model::evidence& of) {
    if (const auto why = why_not_proven(of); !why.empty()) return why;
    if (std::holds_alternative<model::redis_config_step>(of.change.step)) return why_no_undo(of);
    if (std::holds_alternative<model::expire_step>(of.change.step)) return by_program;
    if (!proven_commands_of(of).apply) return "its command was not seen to succeed";
    return {};
}

}  // namespace understudy::report::detail
