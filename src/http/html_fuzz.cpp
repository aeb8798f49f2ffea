// Any bytes as a page: the scan ends, references only shorten a text, and a field in front of anything is found.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "http/html.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace understudy::http;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    if (const auto value = hidden_field(text, "token"); value && value->size() > max_field_bytes) std::abort();
    if (decode_references(text).size() > text.size()) std::abort();
    for (const auto& field : input_fields(text))
        if (field.name.empty()) std::abort();
    const std::string page = "<input type=hidden name=token value=x1>" + std::string(text);
    if (hidden_field(page, "token") != "x1") std::abort();
    return 0;
}
