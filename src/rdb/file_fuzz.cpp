// Any bytes as an RDB file, once whole and once byte by byte: both must tell the same. The checksum is not verified, so
// that the fuzzer gets behind it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <tuple>
#include <vector>

#include "rdb/file.h"

namespace {

using namespace understudy;

class bytes_source final : public rdb::byte_source {
public:
    bytes_source(std::string_view bytes, std::size_t piece) : bytes_(bytes), piece_(piece) {}
    result<std::size_t> read(std::span<char> into) override {
        const std::size_t count = std::min({into.size(), piece_, bytes_.size()});
        std::copy_n(bytes_.begin(), count, into.begin());
        bytes_.remove_prefix(count);
        return count;
    }
    std::string name() const override { return "fuzz"; }

private:
    std::string_view bytes_;
    std::size_t piece_;
};

class keeper final : public rdb::file_sink {
public:
    status key(const rdb::file_key& key) override {
        told.emplace_back(std::string(key.name), key.elements, key.bytes, key.saved_bytes, key.expires);
        return {};
    }
    std::vector<std::tuple<std::string, std::uint64_t, std::uint64_t, std::uint64_t, std::optional<std::int64_t>>> told;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    bytes_source whole(bytes, size + 1), pieces(bytes, 1);
    keeper of_whole, of_pieces;
    const auto one = rdb::read_file(whole, of_whole, {.checksum = false});
    const auto other = rdb::read_file(pieces, of_pieces, {.checksum = false});
    if (one.has_value() != other.has_value() || of_whole.told != of_pieces.told) std::abort();
    if (!one && one.error().text() != other.error().text()) std::abort();
    return 0;
}
