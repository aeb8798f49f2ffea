// cli/terminal.h - how results look to people: aligned, coloured only on a terminal, progress on one line.
//
// Results go to stdout, everything else (progress, warnings, errors) to stderr. NO_COLOR and TERM=dumb are obeyed.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/log.h"
#include "report/tone.h"

namespace understudy::cli {

using report::paint;
using report::tone;

[[nodiscard]] bool stdout_is_coloured();
[[nodiscard]] bool stderr_is_coloured();
// Of the terminal that stdout is; plain_columns where it is none, as for files.
inline constexpr std::size_t plain_columns = 120;
[[nodiscard]] std::size_t stdout_columns();

// Columns wide enough for their longest cell (in code points), two spaces apart. Numbers look best right-aligned.
class table {
public:
    explicit table(std::vector<std::string> heads, std::vector<bool> right = {});
    void row(std::vector<std::string> cells, tone = tone::plain);
    [[nodiscard]] std::string text(bool coloured) const;

private:
    struct line {
        std::vector<std::string> cells;
        tone colour;
    };
    std::vector<std::string> heads_;
    std::vector<bool> right_;
    std::vector<line> lines_;
};

// One line that is drawn over while something runs; without a terminal, one plain line for each new stage.
class progress {
public:
    // `also` hears what sink() is told, and of each new stage.
    explicit progress(bool quiet, log_sink also = {});
    ~progress();
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;
    // `done` of `total`; total 0 draws no bar.
    void show(std::string_view stage, std::uint64_t done, std::uint64_t total);
    void clear();
    // Warnings and notes, written above the progress line.
    [[nodiscard]] log_sink sink();

private:
    void draw();
    bool quiet_;
    log_sink also_;
    bool terminal_;
    bool drawn_ = false;
    std::string stage_;
    std::uint64_t done_ = 0, total_ = 0;
    std::chrono::steady_clock::time_point started_, last_;
};

// Writes all to stdout; a closed pipe ends it quietly.
void print(std::string_view text);
// "understudy: ..." on stderr, with the error's code.
void complain(const error&);

}  // namespace understudy::cli
