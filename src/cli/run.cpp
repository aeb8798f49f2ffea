#include "cli/run.h"

#include <chrono>
#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/step_log.h"
#include "cli/terminal.h"

namespace understudy::cli {

namespace {

result<int> dispatch(const options& given) {
    switch (given.command) {
        case command::init:
            return run_init(given);
        case command::doctor:
            return run_doctor(given);
        case command::measure:
            return run_measure(given);
        case command::snapshot:
            return run_snapshot(given);
        case command::diff:
            return run_diff(given);
        case command::sync:
            return run_sync(given);
        case command::rehearse:
            return run_rehearse(given);
        case command::apply:
            return run_apply(given);
        case command::rollback:
            return run_rollback(given);
        case command::purge:
            return run_purge(given);
        case command::report:
            return run_report(given);
        case command::checklist:
            return run_checklist(given);
        case command::note:
            return run_note(given);
        case command::history:
            return run_history(given);
        case command::demo:
            return run_demo(given);
        case command::schema:
            return run_schema(given);
        case command::completion:
            return run_completion(given);
        case command::man:
            return run_man(given);
    }
    return fail(errc::internal, "no such command");
}

// The command as a step of its own in the log, from beginning to end.
result<int> dispatch_and_note(const options& given) {
    const auto name = name_of(given.command);
    const auto started = std::chrono::steady_clock::now();
    given.log.step(
        {"command", fmt::format("{} of understudy {}, log format 1", name, UNDERSTUDY_VERSION), std::nullopt});
    auto done = dispatch(given);
    if (!done) {
        given.log.ended("command", name, started, done);
        return done;
    }
    given.log.step({"command", fmt::format("{} ended with exit code {}", name, *done),
                    std::chrono::steady_clock::now() - started});
    return done;
}

}  // namespace

int run(int argc, char** argv) {
    watch_interrupts();
    auto parsed = parse(argc, argv);
    if (!parsed) {
        if (parsed.error().exit_code == 0)
            print(parsed.error().text);
        else
            std::fputs(parsed.error().text.c_str(), stderr);
        return parsed.error().exit_code;
    }
    try {
        if (!parsed->log_file.empty()) {
            auto log = open_step_log(parsed->log_file);
            if (!log) {
                complain(log.error());
                return static_cast<int>(exit_of(log.error().code));
            }
            parsed->log = std::move(*log);
        }
        const auto done = dispatch_and_note(*parsed);
        if (done) return *done;
        complain(done.error());
        if (done.error().code == errc::interrupted && interrupt_signal() != 0) return 128 + interrupt_signal();
        return static_cast<int>(exit_of(done.error().code));
    } catch (const std::exception& wrong) {
        complain({errc::internal, std::string("an error of the program itself: ") + wrong.what(), {}, false});
        return static_cast<int>(exit_of(errc::internal));
    }
}

}  // namespace understudy::cli
