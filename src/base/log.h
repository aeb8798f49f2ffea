// base/log.h - where progress and warnings go. Nothing but results goes to stdout, so nothing here writes there.
//
// A log is handed in, never global. Messages hold no secret and no user's value: whoever writes one sees to that.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace understudy {

enum class level { detail, info, warning, error };

struct log_sink {
    std::function<void(level, std::string_view)> write;

    void detail(std::string_view text) const { to(level::detail, text); }
    void info(std::string_view text) const { to(level::info, text); }
    void warning(std::string_view text) const { to(level::warning, text); }

private:
    void to(level at, std::string_view text) const {
        if (write) write(at, text);
    }
};

}  // namespace understudy
