// rdb/byte_source.h - where the bytes of an RDB file or stream come from, in order.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/error.h"

namespace understudy::rdb {

class byte_source {
public:
    virtual ~byte_source() = default;
    // Puts at least one byte into `into`, as many as are there now; 0 at the end. May wait. `into` is never empty.
    [[nodiscard]] virtual result<std::size_t> read(std::span<char> into) = 0;
    // For error texts: a path, an address.
    [[nodiscard]] virtual std::string name() const = 0;
};

}  // namespace understudy::rdb
