#include "apply/steps.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include <fmt/format.h>

#include "base/units.h"
#include "exec/command.h"
#include "exec/redact.h"
#include "store/secret.h"

namespace understudy::apply {

namespace {

constexpr std::chrono::seconds patience{10};

std::vector<std::pair<std::string, std::string>> environment_of(const model::named_command& command) {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& entry : command.environment) {
        if (const auto equals = entry.find('='); equals != std::string::npos)
            out.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
        else if (const char* value = std::getenv(entry.c_str()))
            out.emplace_back(entry, value);
    }
    return out;
}

// The first bytes of an output, on one line, for an error text: secrets are already replaced in it.
std::string last_line(const std::string& output) {
    auto end = output.find_last_not_of(" \r\n");
    if (end == std::string::npos) return "no output";
    const auto start = output.rfind('\n', end);
    return output
        .substr(start == std::string::npos ? 0 : start + 1, end - (start == std::string::npos ? 0 : start + 1) + 1)
        .substr(0, 200);
}

// "redis://:word@host": also a name that sounds of no secret may hold one.
bool holds_password(const std::string& value) {
    const auto scheme = value.find("://");
    if (scheme == std::string::npos) return false;
    const auto authority = value.substr(scheme + 3, value.find_first_of("/?#", scheme + 3) - scheme - 3);
    const auto at = authority.rfind('@');
    return at != std::string::npos && authority.find(':') < at;
}

// What the evidence may show of a command's variables: the value of one that could be a secret is left out.
std::vector<std::string> shown_variables(const model::named_command& command, const std::vector<std::string>& secrets) {
    std::vector<std::string> out;
    for (const auto& entry : command.environment) {
        const auto name = entry.substr(0, entry.find('='));
        const bool secret =
            model::sounds_secret(name) || holds_password(entry) || exec::redact(entry, secrets) != entry;
        out.push_back(secret ? name : entry);
    }
    return out;
}

struct command_answer {
    model::command_run run;
    std::string errors;  // where they were wanted apart
    bool cut = false;    // it printed more than is kept
};

// `apart`: the run's output is what the command printed to stdout, and no warning stands in it.
result<command_answer> run_named(const model::environment& on, const std::string& name,
                                 const std::vector<std::string>& argv, const exec::on_started& started,
                                 bool apart = false) {
    const auto* command = on.command(name);
    exec::command_line line{argv, environment_of(*command), command->folder, command->timeout};
    exec::run_options options;
    options.secrets = store::known_secrets(on);
    options.errors_apart = apart;
    UNDERSTUDY_LET(outcome, exec::run(line, started, options));
    model::command_run run;
    run.what = name;
    run.argv = argv;
    run.environment = shown_variables(*command, options.secrets);
    run.folder = command->folder;
    run.exit_code = outcome.signal ? 128 + outcome.signal : outcome.exit_code;
    run.seconds = std::chrono::duration<double>(outcome.took).count();
    run.output = outcome.output;
    if (outcome.timed_out)
        return fail(errc::command_timed_out,
                    fmt::format("the command {} did not end within {} and was ended", name, show(command->timeout)),
                    on.name);
    return command_answer{std::move(run), std::move(outcome.errors), outcome.cut};
}

bool is_evicting_policy(const std::string& policy) {
    return !policy.empty() && policy != "noeviction";
}

}  // namespace

result<std::vector<std::string>> command_line(const model::environment& on, const std::string& name,
                                              const std::map<std::string, std::string>& arguments,
                                              const std::string& release) {
    const auto* command = on.command(name);
    if (!command) return fail(errc::unknown_name, "the environment has no command " + name, on.name);
    if (auto accepted = command->accepts(arguments); !accepted) {
        accepted.error().where = on.name;
        return std::unexpected(std::move(accepted).error());
    }
    if (command->wants_release() && release.empty())
        return fail(errc::config_bad_value,
                    fmt::format("the command {} wants {{release}}, and no command `release` told it", name), on.name);
    return command->filled(arguments, release);
}

result<model::command_run> ask_command(const model::environment& on, const std::string& name) {
    UNDERSTUDY_LET(argv, command_line(on, name, {}, {}));
    UNDERSTUDY_LET(answer, run_named(on, name, argv, [](const exec::group_id&) -> status { return {}; }));
    return std::move(answer.run);
}

result<std::string> ask_output(const model::environment& on, const std::string& name) {
    UNDERSTUDY_LET(argv, command_line(on, name, {}, {}));
    UNDERSTUDY_LET(answer, run_named(on, name, argv, [](const exec::group_id&) -> status { return {}; }, true));
    if (answer.run.exit_code != 0)
        return fail(errc::command_failed, fmt::format("the command {} exited {}", name, answer.run.exit_code), on.name);
    if (answer.cut)
        return fail(errc::too_large, fmt::format("the command {} printed more than is kept of an output", name),
                    on.name);
    return std::move(answer.run.output);
}

result<std::optional<model::command_run>> clear_front(const model::environment& on) {
    if (!on.command("clear_front")) return std::nullopt;
    UNDERSTUDY_LET(run, ask_command(on, "clear_front"));
    if (run.exit_code != 0)
        return fail(errc::command_failed,
                    fmt::format("the command clear_front exited {}: {}", run.exit_code, last_line(run.output)), on.name,
                    true);
    return run;
}

result<std::optional<release_state>> read_release(const model::environment& on) {
    if (!on.command("release")) return std::nullopt;
    UNDERSTUDY_LET(argv, command_line(on, "release", {}, {}));
    UNDERSTUDY_LET(answer, run_named(on, "release", argv, [](const exec::group_id&) -> status { return {}; }, true));
    const auto& run = answer.run;
    if (run.exit_code != 0)
        return fail(errc::command_failed,
                    fmt::format("the command release exited {}: {}", run.exit_code,
                                last_line(answer.errors.empty() ? run.output : answer.errors)),
                    on.name, true);
    release_state out{run.output.substr(0, run.output.find('\n')), run.output, run.seconds};
    const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    if (out.name.empty() || out.name.size() > 200 || !std::all_of(out.name.begin(), out.name.end(), plain))
        return fail(errc::command_failed, "the command release printed no name of a release on its first line",
                    on.name);
    return out;
}

status step_runner::apply(const model::change_step& step, const before_state& before) {
    if (const auto* config = std::get_if<model::redis_config_step>(&step))
        return set_config("apply", config->setting, config->value);
    if (const auto* expire = std::get_if<model::expire_step>(&step)) return set_expiry(*expire);
    if (const auto* command = std::get_if<model::command_step>(&step))
        return run_command("apply", command->name, command->arguments, before);
    if (const auto* deploy = std::get_if<model::deploy_step>(&step))
        return run_command("apply", deploy->command, deploy->arguments, before);
    if (const auto* all = std::get_if<model::settings_step>(&step)) return set_all(*all, before);
    return {};
}

status step_runner::undo(const model::change_step& step, const model::undo& rollback, const before_state& before) {
    if (const auto all = model::settings_of(step); !all.empty()) return undo_all(all, before);
    if (const auto* expire = std::get_if<model::expire_step>(&step)) return undo_expiry(*expire, before);
    if (rollback.command.empty()) return {};
    return run_command("undo", rollback.command, rollback.arguments, before);
}

status step_runner::set_all(const model::settings_step& step, const before_state& before) {
    for (const auto& [setting, value] : in_order(step.settings, before.settings))
        UNDERSTUDY_TRY(set_config("apply", setting, value));
    return {};
}

status step_runner::undo_all(const std::map<std::string, std::string>& step, const before_state& before) {
    settings was;
    for (const auto& [setting, value] : step) {
        const auto found = before.settings.find(setting);
        if (found == before.settings.end())
            return fail(errc::journal_damaged, "the journal does not hold what " + setting + " was before");
        was.insert(*found);
    }
    for (const auto& [setting, value] : in_order(was, step))
        UNDERSTUDY_TRY(set_config("undo", setting, value));
    return {};
}

std::vector<std::pair<std::string, std::string>> in_order(const std::map<std::string, std::string>& becoming,
                                                          const settings& now) {
    std::vector<std::pair<std::string, std::string>> out(becoming.begin(), becoming.end());
    const auto limit = std::ranges::find(out, "maxmemory", &std::pair<std::string, std::string>::first);
    if (limit == out.end()) return out;
    const auto bytes = [](const std::string& text) {
        const auto all = parse_bytes(text).value_or(0);
        return all == 0 ? std::numeric_limits<std::uint64_t>::max() : all;  // 0 is no limit
    };
    const auto was = now.find("maxmemory");
    const bool grows = was != now.end() && bytes(limit->second) >= bytes(was->second);
    if (grows)
        std::rotate(out.begin(), limit, limit + 1);
    else
        std::rotate(limit, limit + 1, out.end());
    return out;
}

status step_runner::set_config(const std::string& action, const std::string& setting, const std::string& value) {
    const auto primaries = link_.primaries();
    for (std::size_t i = 0; i < primaries.size(); ++i) {
        auto done = set_config_on(*primaries[i], action, setting, value);
        if (done) continue;
        // Of a Cluster it has to be said how far it came; what became of a lost reply nobody knows.
        if (primaries.size() > 1)
            done.error().what += fmt::format("; on {} of {} primaries it was set before, on {} it was not tried", i,
                                             primaries.size(), primaries.size() - i - 1);
        return done;
    }
    return {};
}

status step_runner::set_config_on(net::write_link& primary, const std::string& action, const std::string& setting,
                                  const std::string& value) {
    UNDERSTUDY_LET(number, journal_.planned(action, text_of_set(setting, value, primary, link_.shape() != nullptr)));
    auto reply = primary.call({"CONFIG", "SET", setting, value}, net::deadline::after(patience));
    if (!reply) {
        (void)journal_.became(number, model::step_state::failed, std::string(name_of(reply.error().code)));
        const bool refused = reply.error().code == errc::server_error || reply.error().code == errc::no_permission;
        return std::unexpected(error{
            reply.error().code,
            fmt::format("CONFIG SET {} {}: {}", setting, refused ? "was refused" : "was not done", reply.error().what),
            primary.where(), true});
    }
    return journal_.became(number, action == "undo" ? model::step_state::undone : model::step_state::applied);
}

std::string text_of_set(const std::string& setting, const std::string& value, const net::write_link& primary,
                        bool of_cluster) {
    auto out = fmt::format("CONFIG SET {} {}", setting, value);
    return of_cluster ? fmt::format("{} on {}", out, primary.where()) : out;
}

status step_runner::set_expiry(const model::expire_step& step) {
    UNDERSTUDY_LET(number, journal_.planned("apply", "expiry of " + text_of(step)));
    const auto done = expire_keys(link_, step);
    if (!done) {
        (void)journal_.became(number, model::step_state::failed, std::string(name_of(done.error().code)));
        return std::unexpected(done.error());
    }
    return journal_.became(number, model::step_state::applied);
}

// Only the keys of its pattern: what the purge took is for visitors to write again.
status step_runner::undo_expiry(const model::expire_step& step, const before_state& before) {
    if (!before.keys) return fail(errc::journal_damaged, "there is no backup that holds the expiries as they were");
    auto backup = *before.keys;
    UNDERSTUDY_LET(families, key_families::parse({step.pattern}));
    backup.families = std::move(families);
    UNDERSTUDY_LET(number, journal_.planned("undo", "expiry of " + step.pattern + " from the backup"));
    const auto done = restore_keys(link_, backup);
    if (!done) {
        (void)journal_.became(number, model::step_state::failed, std::string(name_of(done.error().code)));
        return std::unexpected(done.error());
    }
    return journal_.became(number, model::step_state::undone);
}

std::string text_of(const model::expire_step& step) {
    switch (step.how) {
        case model::expire_step::kind::set:
            return fmt::format("{}: set to {}", step.pattern, show(step.ttl));
        case model::expire_step::kind::at_most:
            return fmt::format("{}: at most {}", step.pattern, show(step.ttl));
        case model::expire_step::kind::persist:
            break;
    }
    return step.pattern + ": none";
}

status step_runner::run_command(const std::string& action, const std::string& name,
                                const std::map<std::string, std::string>& arguments, const before_state& before) {
    UNDERSTUDY_LET(argv, command_line(environment_, name, arguments, before.release));
    UNDERSTUDY_LET(number, journal_.planned(action, "command " + name));
    const auto started = std::chrono::steady_clock::now();
    auto run = run_named(environment_, name, argv,
                         [&](const exec::group_id& group) { return journal_.running(number, group); });
    command_seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
    if (!run) {
        (void)journal_.became(number, model::step_state::failed, std::string(name_of(run.error().code)));
        return pass(std::move(run));
    }
    const int exit_code = run->run.exit_code;
    const std::string said = last_line(run->run.output);
    runs_.push_back(std::move(run->run));
    if (exit_code != 0) {
        (void)journal_.became(number, model::step_state::failed, fmt::format("exit {}", exit_code));
        return fail(errc::command_failed, fmt::format("the command {} exited {}: {}", name, exit_code, said),
                    environment_.name);
    }
    return journal_.became(number, action == "undo" ? model::step_state::undone : model::step_state::applied);
}

bool can_evict(const model::change_step& step, const settings& now) {
    const auto value_in = [](const settings& all, const std::string& name) {
        const auto found = all.find(name);
        return found == all.end() ? std::string{} : found->second;
    };
    const auto value = [&](const std::string& name) { return value_in(now, name); };
    // Which keys have an expiry decides which ones a volatile policy evicts, those elsewhere among them.
    if (std::holds_alternative<model::expire_step>(step))
        return parse_bytes(value("maxmemory")).value_or(1) != 0 && value("maxmemory-policy").starts_with("volatile-");
    const auto set = model::settings_of(step);
    if (!set.contains("maxmemory") && !set.contains("maxmemory-policy")) return false;
    auto then = now;
    for (const auto& [name, to] : set)
        then[name] = to;
    // More memory evicts as well, when the blocks of a rehearsal go back to less; and so does a full server while
    // either of two policies rules. One without a limit evicts nothing under any policy.
    const auto limited = [&](const settings& all) { return parse_bytes(value_in(all, "maxmemory")).value_or(1) != 0; };
    const auto evicts = [&](const settings& all) { return is_evicting_policy(value_in(all, "maxmemory-policy")); };
    return (limited(now) || limited(then)) && (evicts(now) || evicts(then));
}

}  // namespace understudy::apply
