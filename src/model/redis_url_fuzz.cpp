// Any bytes as the URL of a Redis server: read, or refused without a word of it in the error.
#include <cstdint>
#include <cstdlib>

#include "model/redis_url.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = understudy::model::parse_redis_url(text);
    if (!read) {
        const bool of_ours = read.error().code == understudy::errc::config_bad_value ||
                             read.error().code == understudy::errc::config_literal_secret;
        if (!of_ours || !read.error().where.empty()) std::abort();
        return 0;
    }
    if (read->unix_path.empty() && (read->host.empty() || read->port == 0)) std::abort();
    if (!read->unix_path.empty() && (read->tls || read->unix_path.find('\0') != std::string::npos)) std::abort();
    return 0;
}
