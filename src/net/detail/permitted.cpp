#include "net/detail/permitted.h"

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "resp/commands.h"

namespace understudy::net::detail {

bool on_read_table(const command& words) {
    std::array<std::string_view, 8> few;
    if (words.size() <= few.size()) {
        for (std::size_t i = 0; i < words.size(); ++i)
            few[i] = words[i];
        return resp::allowed_on_production(std::span(few.data(), words.size())).has_value();
    }
    const std::vector<std::string_view> many(words.begin(), words.end());
    return resp::allowed_on_production(many).has_value();
}

error forbidden(const command& words, std::string why, const std::string& where) {
    return {errc::forbidden_command, std::move(why), where + " " + name_of(words), false};
}

error harmless(error failed) {
    if (failed.code == errc::timed_out || failed.code == errc::connection_lost || failed.code == errc::interrupted)
        failed.retry_safe = true;
    return failed;
}

}  // namespace understudy::net::detail
