// database/detail/engine.h - what a session needs of one kind of database.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "database/session.h"

namespace understudy::database::detail {

class engine {
public:
    virtual ~engine() = default;
    [[nodiscard]] virtual result<call_count> calls(moment until) = 0;
    [[nodiscard]] virtual result<statement_list> statements(moment until) = 0;
    [[nodiscard]] virtual bool alive() const noexcept = 0;

    std::string product, version, where;
};

[[nodiscard]] result<std::unique_ptr<engine>> open_postgresql(const address& to, moment until);
[[nodiscard]] result<std::unique_ptr<engine>> open_mysql(const address& to, moment until);

// A row of texts; NULL is an empty one.
using text_row = std::vector<std::string>;
// All rows of an answer together; what is larger is errc::over_limit.
inline constexpr std::size_t max_answer = std::size_t{32} << 20;

// A whole number; errc::protocol where the text is none.
[[nodiscard]] result<std::uint64_t> whole_number(const std::string& text, const std::string& where);

}  // namespace understudy::database::detail
