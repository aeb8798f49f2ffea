#include "base/hash.h"

#include <stdexcept>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace understudy {

struct sha256::state {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    state() { EVP_DigestInit_ex(context, EVP_sha256(), nullptr); }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() { EVP_MD_CTX_free(context); }
};

sha256::sha256() : state_(std::make_unique<state>()) {}
sha256::sha256(sha256&&) noexcept = default;
sha256& sha256::operator=(sha256&&) noexcept = default;
sha256::~sha256() = default;

void sha256::add(std::string_view bytes) {
    EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

void sha256::add_u64(std::uint64_t value) {
    std::array<char, 8> bytes{};
    for (auto& byte : bytes) {
        byte = static_cast<char>(value & 0xff);
        value >>= 8;
    }
    add({bytes.data(), bytes.size()});
}

digest256 sha256::finish() {
    digest256 out{};
    EVP_DigestFinal_ex(state_->context, out.data(), nullptr);
    return out;
}

digest256 sha256_of(std::string_view bytes) {
    sha256 hash;
    hash.add(bytes);
    return hash.finish();
}

digest256 keyed_digest(std::string_view key, std::string_view bytes) {
    digest256 out{};
    unsigned length = 0;
    HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(bytes.data()),
         bytes.size(), out.data(), &length);
    return out;
}

std::string hex(std::string_view bytes) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::string random_bytes(std::size_t count) {
    std::string out(count, '\0');
    // Without randomness no salt and no run id can be trusted, so there is nothing sensible to go on with.
    if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1)
        throw std::runtime_error("the operating system gave no random bytes");
    return out;
}

}  // namespace understudy
