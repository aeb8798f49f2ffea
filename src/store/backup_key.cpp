#include "store/backup_key.h"

#include <algorithm>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/hash.h"

namespace understudy::store {

namespace {

// RFC 7914 names; memory is 128 * N * r bytes.
constexpr std::uint64_t cost_n = 1u << 15;
constexpr std::uint64_t cost_r = 8;
constexpr std::uint64_t cost_p = 1;
constexpr std::uint64_t memory_limit = 64u << 20;

}  // namespace

encryption_key::~encryption_key() {
    OPENSSL_cleanse(bytes.data(), bytes.size());
}

key_salt new_salt() {
    key_salt salt{};
    const std::string bytes = random_bytes(salt.size());
    std::copy(bytes.begin(), bytes.end(), salt.begin());
    return salt;
}

result<encryption_key> derive_key(std::string_view passphrase, const key_salt& salt) {
    if (passphrase.empty()) return fail(errc::secret_missing, "the passphrase for backups is empty");
    encryption_key key;
    key.salt = salt;
    if (EVP_PBE_scrypt(passphrase.data(), passphrase.size(), salt.data(), salt.size(), cost_n, cost_r, cost_p,
                       memory_limit, key.bytes.data(), key.bytes.size()) != 1)
        return fail(errc::internal, "scrypt failed: is there 32 MB of memory?", {}, true);
    return key;
}

}  // namespace understudy::store
