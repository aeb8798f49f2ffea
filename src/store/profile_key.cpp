#include "store/profile_key.h"

#include <cstdlib>

#include "base/hash.h"
#include "store/file.h"

namespace understudy::store {

namespace {

constexpr std::size_t bytes = 32;

}  // namespace

result<profile_key> profile_key::open(const state_folder& state) {
    if (const char* shared = std::getenv("UNDERSTUDY_PROFILE_KEY"); shared && *shared) return profile_key(shared);
    const auto path = state.root / "profile.key";
    std::error_code wrong;
    if (!std::filesystem::exists(path, wrong)) UNDERSTUDY_TRY(write_file(path, random_bytes(bytes), 0600));
    // Read back: another process may have been quicker.
    UNDERSTUDY_LET(key, read_file(path, bytes + 1));
    if (key.size() != bytes)
        return fail(errc::bad_file, "this is not a key of profiles; remove it, and a new one is made", path.string());
    return profile_key(std::move(key));
}

std::string profile_key::digest(std::string_view text) const {
    return "hmac:" + hex(keyed_digest(secret_, text)).substr(0, 16);
}

std::string profile_key::id() const {
    return hex(keyed_digest(secret_, "understudy profile key")).substr(0, 8);
}

}  // namespace understudy::store
