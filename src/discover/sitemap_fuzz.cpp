// Any bytes as a sitemap, as gzip around one, and as robots.txt: reading ends within its limits.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "discover/address.h"
#include "discover/sitemap.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace understudy::discover;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto read = parse_sitemap(text)) {
        if (read->pages.size() + read->sitemaps.size() > max_sitemap_pages) std::abort();
        for (const auto& page : read->pages)
            if (const auto address = parse_address(page); address && !address->target.starts_with('/')) std::abort();
    }
    constexpr std::size_t most = 1 << 16;
    if (const auto unpacked = gunzip(text, most); unpacked && unpacked->size() > most) std::abort();
    for (const auto& url : sitemaps_of_robots(text))
        if (url.empty() || url.find('\n') != std::string::npos) std::abort();
    return 0;
}
