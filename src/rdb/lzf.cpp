#include "rdb/lzf.h"

#include <algorithm>
#include <cstring>

namespace understudy::rdb {

namespace {

// Whether the input has to end where the output is full, or may be cut off and go on.
enum class extent : std::uint8_t { whole, prefix };

// A copy of `length` bytes from `distance` before; where it overlaps what it makes, that is how a run is repeated: byte
// by byte, from the left.
void copy_back(char* to, std::size_t distance, std::size_t length) noexcept {
    if (distance >= length) {
        std::memcpy(to, to - distance, length);
        return;
    }
    for (std::size_t i = 0; i < length; ++i)
        to[i] = *(to + i - distance);
}

// A control byte below 32 opens a run of control + 1 literal bytes. Else its upper three bits are the length less two
// of a copy (7: one more byte is added to it), its lower five bits and the next byte the distance less one.
template <extent Extent>
std::optional<std::size_t> expand(std::string_view compressed, std::span<char> out) noexcept {
    constexpr bool whole = Extent == extent::whole;
    std::size_t in = 0;
    std::size_t made = 0;
    while (in < compressed.size() && (whole || made < out.size())) {
        const std::size_t control = static_cast<unsigned char>(compressed[in++]);
        if (control < 32) {
            std::size_t run = control + 1;
            if (whole && (run > compressed.size() - in || run > out.size() - made)) return std::nullopt;
            run = std::min({run, compressed.size() - in, out.size() - made});
            std::memcpy(out.data() + made, compressed.data() + in, run);
            in += run;
            made += run;
            continue;
        }
        std::size_t length = (control >> 5) + 2;
        if (compressed.size() - in < (length == 9 ? 2u : 1u)) return whole ? std::nullopt : std::optional(made);
        if (length == 9) length += static_cast<unsigned char>(compressed[in++]);
        const std::size_t distance = ((control & 31) << 8) + static_cast<unsigned char>(compressed[in++]) + 1;
        if (distance > made || (whole && length > out.size() - made)) return std::nullopt;
        length = std::min(length, out.size() - made);
        copy_back(out.data() + made, distance, length);
        made += length;
    }
    return made;
}

}  // namespace

bool lzf_expand(std::string_view compressed, std::span<char> out) noexcept {
    return expand<extent::whole>(compressed, out) == out.size();
}

std::optional<std::size_t> lzf_expand_prefix(std::string_view compressed, std::span<char> out) noexcept {
    return expand<extent::prefix>(compressed, out);
}

}  // namespace understudy::rdb
