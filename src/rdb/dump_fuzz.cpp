// Payloads with the checksum not verified, so that the fuzzer reaches the decoder; version bytes as they come.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rdb/digest.h"
#include "rdb/encode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace understudy::rdb;
    const std::string_view payload(reinterpret_cast<const char*>(data), size);
    const decode_options options{.limits = {.elements = 1 << 16, .bytes = 1 << 24, .one_string = 1 << 22},
                                 .verify_checksum = false};
    canonical_object value(canonical_object::repeats::refuse);
    if (decode_dump(payload, value, options) != dump_status::ok) return 0;
    const auto digest = value.digest("salt");
    if (!digest) return 0;
    // What was read tells the same value again, and so does its plain encoding, where there is one.
    canonical_object again(canonical_object::repeats::refuse);
    value.tell(again);
    if (again.digest("salt") != digest) std::abort();
    if (value.type() == object_type::stream) return 0;
    dump_encoder encoder(10);
    value.tell(encoder);
    const auto encoded = encoder.finish();
    if (!encoded || canonical_digest(*encoded, "salt") != digest) std::abort();
    return 0;
}
