#include "rdb/lzf.h"

#include <algorithm>
#include <cstring>

namespace understudy::rdb {

// A control byte below 32 opens a run of control + 1 literal bytes. Else its upper three bits are the length less two
// of a copy (7: one more byte is added to it), its lower five bits and the next byte the distance less one.
bool lzf_expand(std::string_view compressed, std::span<char> out) noexcept {
    std::size_t in = 0;
    std::size_t made = 0;
    while (in < compressed.size()) {
        const std::size_t control = static_cast<unsigned char>(compressed[in++]);
        if (control < 32) {
            const std::size_t run = control + 1;
            if (run > compressed.size() - in || run > out.size() - made) return false;
            std::memcpy(out.data() + made, compressed.data() + in, run);
            in += run;
            made += run;
            continue;
        }
        std::size_t length = (control >> 5) + 2;
        if (length == 9) {
            if (in == compressed.size()) return false;
            length += static_cast<unsigned char>(compressed[in++]);
        }
        if (in == compressed.size()) return false;
        const std::size_t distance = ((control & 31) << 8) + static_cast<unsigned char>(compressed[in++]) + 1;
        if (distance > made || length > out.size() - made) return false;
        if (distance >= length) {
            std::memcpy(out.data() + made, out.data() + made - distance, length);
        } else {
            // The copy overlaps what it makes, which is how a run is repeated: byte by byte, from the left.
            for (std::size_t i = 0; i < length; ++i)
                out[made + i] = out[made + i - distance];
        }
        made += length;
    }
    return made == out.size();
}

}  // namespace understudy::rdb
