// The same bytes whole, byte by byte and cut at random give the same tokens and the same values; what was built is
// written, read again, and is equal.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/random.h"
#include "resp/test_pieces.h"
#include "resp/writer.h"

namespace {

using namespace understudy;
using namespace understudy::resp;

void require(bool holds) {
    if (!holds) std::abort();
}

void compare_cuts(direction which, const limits& bounds, std::string_view bytes, std::uint64_t seed) {
    seeded_random random(seed);
    const auto at_random = [&random] { return static_cast<std::size_t>(1 + random.below(12)); };
    const auto whole = test::read_pieces(which, bounds, bytes, test::whole());
    require(whole == test::read_pieces(which, bounds, bytes, test::every(1)));
    require(whole == test::read_pieces(which, bounds, bytes, at_random));

    constexpr std::uint64_t value_bytes = 1u << 20;
    const auto built = test::build_pieces(which, bounds, value_bytes, bytes, test::whole());
    require(built == test::build_pieces(which, bounds, value_bytes, bytes, test::every(1)));
    require(built == test::build_pieces(which, bounds, value_bytes, bytes, at_random));

    if (which == direction::request) return;
    std::string written;
    for (const value& one : built.values)
        append_value(written, one, 3);
    limits wide;
    wide.depth = 64;
    const auto again = test::build_pieces(which, wide, value_bytes * 2, written, test::whole());
    require(again.end == status::need_more && !again.in_value && again.values.size() == built.values.size());
    std::string twice;
    for (const value& one : again.values)
        append_value(twice, one, 3);
    require(written == twice);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const limits narrow{.bulk_bytes = 64, .line_bytes = 24, .elements = 9, .depth = 4, .whole_bytes = 5};
    for (const auto which : {direction::reply, direction::request}) {
        compare_cuts(which, limits{}, bytes, size);
        compare_cuts(which, narrow, bytes, size);
    }
    const auto words = split_inline(bytes);
    require(!words || words->size() <= size);
    return 0;
}
