// store/profile_key.h - the key of the digests in profiles: two profiles made with one key tell whether what they hide
// is the same, and to anybody else a digest says nothing.
//
// $UNDERSTUDY_PROFILE_KEY, a passphrase that a team shares between machines; else 32 bytes from the operating system in
// `profile.key` of the state folder, made when they are first needed, mode 0600.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "store/state_folder.h"

namespace understudy::store {

class profile_key {
public:
    // Errors: those of the file; bad_file for one that is not ours.
    [[nodiscard]] static result<profile_key> open(const state_folder& state);
    explicit profile_key(std::string secret) : secret_(std::move(secret)) {}

    // "hmac:" and 16 hexadecimal digits, of 64 bits of HMAC-SHA-256.
    [[nodiscard]] std::string digest(std::string_view text) const;
    // Which key it is, without telling it: 8 hexadecimal digits.
    [[nodiscard]] std::string id() const;

private:
    std::string secret_;
};

}  // namespace understudy::store
