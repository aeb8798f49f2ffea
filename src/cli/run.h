// cli/run.h - the program: arguments in, exit code out.
#pragma once

namespace understudy::cli {

// Parses, runs one command, and turns its outcome into the exit code of docs/exit-codes.md. Catches everything: a
// foreign exception that gets here ends as errc::internal.
[[nodiscard]] int run(int argc, char** argv);

}  // namespace understudy::cli
