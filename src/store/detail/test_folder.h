// store/detail/test_folder.h - what the tests of this module share: a folder of their own, a child that may die.
#pragma once

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace understudy::store::detail {

// A new folder, removed with all that is in it.
class test_folder {
public:
    test_folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "understudy-store-XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    test_folder(const test_folder&) = delete;
    test_folder& operator=(const test_folder&) = delete;
    ~test_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::string slurp(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void spill(const std::filesystem::path& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

inline unsigned mode_of(const std::filesystem::path& path) {
    struct stat found = {};
    return ::stat(path.c_str(), &found) == 0 ? found.st_mode & 07777 : 0;
}

// Runs `work` in a forked child with UNDERSTUDY_CRASH_AT set; the wait status. `work` returns the exit code.
inline int in_child(const char* crash_at, const std::function<int()>& work) {
    const pid_t pid = ::fork();
    if (pid == 0) {
        ::setenv("UNDERSTUDY_CRASH_AT", crash_at, 1);
        if (*crash_at == '\0') ::unsetenv("UNDERSTUDY_CRASH_AT");
        ::_exit(work());
    }
    int wait_status = 0;
    ::waitpid(pid, &wait_status, 0);
    return wait_status;
}

inline bool killed(int wait_status) {
    return WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGKILL;
}

// The bytes of the hex dump ("00000010  55 53 …  |text|") in the first ```hex block after `heading` in a document.
inline std::string hex_sample(const std::filesystem::path& document, std::string_view heading) {
    const std::string text = slurp(document);
    std::size_t at = text.find(heading);
    if (at != std::string::npos) at = text.find("```hex\n", at);
    if (at == std::string::npos) return {};
    at += 7;
    std::string bytes;
    for (const std::size_t end = text.find("```", at); at < end;) {
        const std::size_t line_end = text.find('\n', at);
        std::string line = text.substr(at, line_end - at);
        at = line_end + 1;
        line = line.substr(0, line.find('|')).substr(std::min<std::size_t>(line.size(), 8));
        for (std::size_t i = 0; i + 1 < line.size(); ++i)
            if (std::isxdigit(static_cast<unsigned char>(line[i]))) {
                bytes += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
                ++i;
            }
    }
    return bytes;
}

}  // namespace understudy::store::detail
