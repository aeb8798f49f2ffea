#include <fmt/format.h>

#include "model/detail/json_values.h"

namespace understudy::model::detail {

result<json_reader> open_document(std::string_view noun_name, std::string_view text) {
    UNDERSTUDY_LET(in, json_reader::parse(text));
    const std::string wanted = "understudy/" + std::string(noun_name);
    std::string format;
    std::int64_t version = 0;
    field_reader read(in);
    read("format", format);
    read("version", version);
    UNDERSTUDY_TRY(in.outcome());
    if (format != wanted)
        return fail(errc::bad_file, fmt::format("expected a document of the format {}", wanted), "format");
    if (version < 1) return fail(errc::bad_file, "versions are counted from 1", "version");
    if (version > json_version)
        return fail(
            errc::newer_format,
            fmt::format("this {} is of version {}, and this program knows versions up to {}; update the program",
                        noun_name, version, json_version),
            "version");
    return std::move(in);
}

}  // namespace understudy::model::detail
