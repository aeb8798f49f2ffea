// base/hash.h - digests. SHA-256 (FIPS 180-4, by OpenSSL) wherever a digest is stored or compared between machines.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace understudy {

using digest256 = std::array<std::uint8_t, 32>;

// SHA-256 over bytes that come in pieces. One object, one digest; not thread-safe.
class sha256 {
public:
    sha256();
    sha256(sha256&&) noexcept;
    sha256& operator=(sha256&&) noexcept;
    ~sha256();
    void add(std::string_view bytes);
    void add_u64(std::uint64_t value);  // as 8 bytes, little-endian
    [[nodiscard]] digest256 finish();   // once

private:
    struct state;
    std::unique_ptr<state> state_;
};

[[nodiscard]] digest256 sha256_of(std::string_view bytes);
// HMAC-SHA-256 (RFC 2104): a digest that says nothing to those without the key.
[[nodiscard]] digest256 keyed_digest(std::string_view key, std::string_view bytes);
[[nodiscard]] std::string hex(std::string_view bytes);
[[nodiscard]] inline std::string hex(const digest256& digest) {
    return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}
// Fills with bytes from the operating system's generator; for salts, nonces and ids.
[[nodiscard]] std::string random_bytes(std::size_t count);

}  // namespace understudy
