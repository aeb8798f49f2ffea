// The first line as a pattern, the rest as a key: a pattern that parses has a canonical text that parses to itself, the
// key's own pattern matches the key, and a template is printable.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "keyspace/family.h"
#include "keyspace/pattern.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace understudy::keyspace;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto line = text.substr(0, text.find('\n'));
    const auto key = text.substr(std::min(line.size() + 1, text.size()));
    if (const auto pattern = key_pattern::parse(line, breadth::allow_broad)) {
        const std::string shown = pattern->text();
        // Escapes can take the text over the limit of a pattern.
        if (shown.size() <= max_pattern_bytes) {
            const auto again = key_pattern::parse(shown, breadth::allow_broad);
            if (!again || *again != *pattern) std::abort();
        }
        if (pattern->matches(key) && !key.starts_with(pattern->literal_prefix())) std::abort();
        if (pattern->to_redis_glob().size() > 2 * line.size()) std::abort();
    }
    if (const auto exact = key_pattern::exactly(key); exact && !exact->matches(key)) std::abort();
    for (const char byte : key_template(text))
        if (byte < 0x20 || byte > 0x7e) std::abort();
    return 0;
}
