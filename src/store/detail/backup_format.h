// store/detail/backup_format.h - the bytes of a backup file: header, frames, sealing. docs/formats/backup.md.
//
// Pure but for the salts of a new header. All integers little-endian.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/backup.h"

namespace understudy::store::detail {

inline constexpr std::string_view magic = "USTBAK\r\n";
inline constexpr std::size_t header_size = 96;
inline constexpr std::size_t frame_head_size = 5;  // u32 length of the body, u8 kind
inline constexpr std::size_t seal_size = 16;
inline constexpr std::size_t trailer_body_size = 48;

enum class frame_kind : std::uint8_t { entry = 'E', trailer = 'T' };

// Flags, database, digest, idle, expiry, freq and the key's length: what an entry's body has beside key and payload.
inline constexpr std::uint64_t entry_overhead_limit = 1 + 4 + 32 + 8 + 8 + 1 + 4;

// Limits the size of the header to what is known from the caller; refuses what is no header of version 1.
[[nodiscard]] result<backup_header> parse_header(std::string_view bytes);
[[nodiscard]] std::string new_header(const std::optional<encryption_key>& key);

// Seals and opens the frames of one file: AES-256-GCM where there is a key, else a checksum. Each frame is bound to the
// file's header, to its place and to its kind and length. Not thread-safe.
class frame_cipher {
public:
    // `header` has passed parse_header. The wrong key: errc::secret_missing.
    [[nodiscard]] static result<frame_cipher> open(std::string_view header, const std::optional<encryption_key>& key);
    frame_cipher(frame_cipher&&) noexcept = default;
    frame_cipher& operator=(frame_cipher&&) noexcept = default;
    ~frame_cipher();

    // Head, body and seal of the next frame. Empty when OpenSSL fails.
    [[nodiscard]] std::string seal(frame_kind kind, std::string body);
    // The body of the next frame in place of what was read; false if it is not what was written there.
    [[nodiscard]] bool open_frame(frame_kind kind, std::string& body, std::string_view seal);

private:
    frame_cipher() = default;
    [[nodiscard]] std::string context(frame_kind kind, std::size_t length) const;

    digest256 header_digest_{};
    bool encrypted_ = false;
    digest256 file_key_{};
    std::uint64_t index_ = 0;
};

[[nodiscard]] std::string encode_entry(const backup_entry& entry);
[[nodiscard]] std::optional<backup_entry> decode_entry(std::string_view body);
[[nodiscard]] std::string encode_trailer(const backup_summary& summary);
[[nodiscard]] std::optional<backup_summary> decode_trailer(std::string_view body);

}  // namespace understudy::store::detail
