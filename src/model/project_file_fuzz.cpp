// Any bytes as understudy.toml: read, or refused with a place in the file.
#include <cstdint>
#include <cstdlib>

#include "model/project_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto read = understudy::model::read_project(text, "/f/understudy.toml");
    if (!read && !read.error().where.starts_with("/f/understudy.toml")) std::abort();
    if (!read && understudy::exit_of(read.error().code) != understudy::exit_code::usage) std::abort();
    if (!read) return 0;
    for (const auto& route : read->routes)
        for (const auto& input : route.inputs)
            if (!route.target(input).starts_with('/')) std::abort();
    return 0;
}
