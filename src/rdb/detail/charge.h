// rdb/detail/charge.h - takes what is about to be told to a sink from the budget.
#pragma once

#include <cstdint>

#include "rdb/cursor.h"

namespace understudy::rdb::detail {

[[nodiscard]] inline dump_status charge(budget& limits, std::uint64_t elements, std::uint64_t bytes) noexcept {
    return limits.take_elements(elements) && limits.take_bytes(bytes) ? dump_status::ok : dump_status::over_limit;
}

}  // namespace understudy::rdb::detail
