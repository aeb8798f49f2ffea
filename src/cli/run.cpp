#include "cli/run.h"

#include <cstdio>
#include <exception>

#include "base/interrupt.h"
#include "cli/commands.h"
#include "cli/terminal.h"

namespace understudy::cli {

namespace {

result<int> dispatch(const options& given) {
    switch (given.command) {
        case command::doctor:
            return run_doctor(given);
        case command::measure:
            return run_measure(given);
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
        case command::demo:
            return run_demo(given);
    }
    return fail(errc::internal, "no such command");
}

}  // namespace

int run(int argc, char** argv) {
    watch_interrupts();
    const auto parsed = parse(argc, argv);
    if (!parsed) {
        if (parsed.error().exit_code == 0)
            print(parsed.error().text);
        else
            std::fputs(parsed.error().text.c_str(), stderr);
        return parsed.error().exit_code;
    }
    try {
        const auto done = dispatch(*parsed);
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
