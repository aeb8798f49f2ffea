#include "cli/terminal.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace understudy::cli {

namespace {

bool is_coloured(int fd) {
    if (!isatty(fd)) return false;
    if (const char* off = std::getenv("NO_COLOR"); off && *off) return false;
    const char* term = std::getenv("TERM");
    return term && std::string_view(term) != "dumb";
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::size_t width_of(int fd, std::size_t otherwise) {
    winsize size{};
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 20) return size.ws_col;
    return otherwise;
}

// To stderr. Nobody may be reading it any more; that must not end a rehearsal in the middle, so it is no error (and no
// exception, which fmt::print would throw).
void tell(const std::string& text) {
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

bool stdout_is_coloured() {
    static const bool answer = is_coloured(STDOUT_FILENO);
    return answer;
}

bool stderr_is_coloured() {
    static const bool answer = is_coloured(STDERR_FILENO);
    return answer;
}

std::size_t stdout_columns() {
    return width_of(STDOUT_FILENO, plain_columns);
}

table::table(std::vector<std::string> heads, std::vector<bool> right)
    : heads_(std::move(heads)), right_(std::move(right)) {
    right_.resize(heads_.size(), false);
}

void table::row(std::vector<std::string> cells, tone colour) {
    cells.resize(heads_.size());
    lines_.push_back({std::move(cells), colour});
}

std::string table::text(bool coloured) const {
    std::vector<std::size_t> widths;
    for (const auto& head : heads_)
        widths.push_back(columns_of(head));
    for (const auto& [cells, colour] : lines_)
        for (std::size_t i = 0; i < cells.size(); ++i)
            widths[i] = std::max(widths[i], columns_of(cells[i]));
    const auto lay = [&](const std::vector<std::string>& cells) {
        std::string out;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string room(widths[i] - columns_of(cells[i]), ' ');
            if (i > 0) out += "  ";
            out += right_[i] ? room + cells[i] : cells[i] + (i + 1 < cells.size() ? room : "");
        }
        return out;
    };
    std::string out;
    if (std::any_of(heads_.begin(), heads_.end(), [](const auto& head) { return !head.empty(); }))
        out += paint(lay(heads_), tone::dim, coloured) + "\n";
    for (const auto& [cells, colour] : lines_)
        out += paint(lay(cells), colour, coloured) + "\n";
    return out;
}

progress::progress(bool quiet, log_sink also)
    : quiet_(quiet),
      also_(std::move(also)),
      terminal_(isatty(STDERR_FILENO) != 0),
      started_(std::chrono::steady_clock::now()) {}

progress::~progress() {
    clear();
}

void progress::show(std::string_view stage, std::uint64_t done, std::uint64_t total) {
    const auto now = std::chrono::steady_clock::now();
    const bool fresh = stage != stage_;
    if (fresh) also_.step({"progress", stage, std::nullopt});
    stage_ = stage;
    done_ = done;
    total_ = total;
    if (quiet_) return;
    if (!terminal_) {
        if (fresh) tell(stage_ + "\n");
        return;
    }
    // Twenty a second is as many as the eye takes.
    if (!fresh && done != total && now - last_ < std::chrono::milliseconds(50)) return;
    last_ = now;
    draw();
}

void progress::draw() {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - started_).count();
    std::string line = fmt::format("{:>3} s  {}", seconds, stage_);
    if (total_ > 0) {
        const std::size_t width = 24;
        const auto full = static_cast<std::size_t>(std::min(done_, total_) * width / total_);
        line += fmt::format("  [{}{}] {}/{}", std::string(full, '#'), std::string(width - full, '.'), done_, total_);
    }
    if (const auto width = width_of(STDERR_FILENO, 80); line.size() >= width) line.resize(width - 1);
    tell("\r\x1b[K" + line);
    std::fflush(stderr);
    drawn_ = true;
}

void progress::clear() {
    if (!drawn_) return;
    tell("\r\x1b[K");
    std::fflush(stderr);
    drawn_ = false;
}

log_sink progress::sink() {
    log_sink out;
    out.note = also_.note;
    out.write = [this](level at, std::string_view text) {
        if (also_.write) also_.write(at, text);
        if (at == level::detail || (quiet_ && at == level::info)) return;
        const bool again = drawn_;
        clear();
        const tone colour = at == level::info ? tone::plain : at == level::warning ? tone::warn : tone::bad;
        tell(paint(text, colour, stderr_is_coloured()) + "\n");
        if (again) draw();
    };
    return out;
}

void print(std::string_view text) {
    while (!text.empty()) {
        const auto written = write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

void complain(const error& wrong) {
    tell(fmt::format("{} {} [{}]\n", paint("understudy:", tone::bad, stderr_is_coloured()), wrong.text(),
                     name_of(wrong.code)));
}

}  // namespace understudy::cli
