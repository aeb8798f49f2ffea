#include "cli/step_log.h"

#include <cerrno>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

#include "cli/terminal.h"
#include "model/json.h"
#include "store/file.h"

namespace understudy::cli {

namespace {

class log_file {
public:
    log_file(store::unique_fd file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

    void add(const model::log_line& line) {
        if (failed_) return;
        const auto written = store::write_all(file_.get(), model::to_json(line), path_);
        if (written) return;
        failed_ = true;
        complain(written.error());
    }

private:
    store::unique_fd file_;
    std::string path_;
    bool failed_ = false;
};

std::string word_of(level at) {
    switch (at) {
        case level::detail:
            return "detail";
        case level::info:
            return "info";
        case level::warning:
            return "warning";
        case level::error:
            break;
    }
    return "error";
}

// Progress lines are indented for people.
std::string trimmed(std::string_view text) {
    const auto start = text.find_first_not_of(" \n");
    return start == std::string_view::npos ? std::string() : std::string(text.substr(start));
}

}  // namespace

result<log_sink> open_step_log(const std::string& path) {
    store::unique_fd opened(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    if (!opened.is_open()) {
        auto wrong = store::file_error(errno, "write the log", path);
        wrong.retry_safe = true;
        return std::unexpected(std::move(wrong));
    }
    auto file = std::make_shared<log_file>(std::move(opened), path);
    log_sink out;
    out.write = [file](level at, std::string_view text) {
        file->add({now(), word_of(at), "message", trimmed(text), std::nullopt, std::nullopt});
    };
    out.note = [file](const log_step& one) {
        model::log_line line{
            now(), one.code.empty() ? "info" : "error", std::string(one.step), std::string(one.what), {}, {}};
        if (one.took) line.seconds = std::chrono::duration<double>(*one.took).count();
        if (!one.code.empty()) line.error = model::log_line::failure{std::string(one.code), std::string(one.failed)};
        file->add(line);
    };
    return out;
}

log_sink both(log_sink first, log_sink second) {
    log_sink out;
    out.write = [first, second](level at, std::string_view text) {
        if (first.write) first.write(at, text);
        if (second.write) second.write(at, text);
    };
    out.note = [first, second](const log_step& one) {
        first.step(one);
        second.step(one);
    };
    return out;
}

}  // namespace understudy::cli
