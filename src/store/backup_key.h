// store/backup_key.h - the key that a backup is encrypted with.
//
// From a passphrase by scrypt (RFC 7914; N = 2^15, r = 8, p = 1: 32 MB and about 0.1 s), whose salt is kept in the
// backup's header. A key may serve many backups: each file derives its own from it by HKDF-SHA-256 (RFC 5869) with a
// random salt, so no two files share a key and nonces may count from 0.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace understudy::store {

using key_salt = std::array<std::uint8_t, 16>;

// Wiped when it goes.
struct encryption_key {
    std::array<std::uint8_t, 32> bytes{};
    key_salt salt{};  // of the passphrase; all zero for a key that comes from none

    encryption_key() = default;
    encryption_key(const encryption_key&) = default;
    encryption_key& operator=(const encryption_key&) = default;
    ~encryption_key();
};

[[nodiscard]] key_salt new_salt();
// Empty passphrase: errc::secret_missing. The same passphrase and salt give the same key.
[[nodiscard]] result<encryption_key> derive_key(std::string_view passphrase, const key_salt& salt);

}  // namespace understudy::store
