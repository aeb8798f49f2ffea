// A frame is sealed over its context: the digest of the header, the number of the frame, its kind and its length. So a
// frame that is moved, repeated, taken from another file or given another length does not open, and a file can be cut
// only at its end, where the missing trailer tells.
#include "store/detail/backup_format.h"

#include <algorithm>
#include <concepts>
#include <cstring>
#include <limits>
#include <memory>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

namespace understudy::store::detail {

namespace {

constexpr std::uint16_t format_version = 1;
constexpr std::uint16_t flag_encrypted = 1;
constexpr std::size_t version_at = 8;
constexpr std::size_t flags_at = 10;
constexpr std::size_t salt_at = 16;
constexpr std::size_t file_salt_at = 32;
constexpr std::size_t key_check_at = 64;
constexpr std::size_t header_check_at = 80;

constexpr std::uint8_t has_expiry = 1;
constexpr std::uint8_t has_idle = 2;
constexpr std::uint8_t has_freq = 4;

std::string_view view(const digest256& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string_view half(const digest256& digest) {
    return view(digest).substr(0, seal_size);
}

template <std::unsigned_integral T>
void put(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i)
        out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xff);
}

// Reads fields off the front of a body; one that is not whole makes all that follow fail.
class field_reader {
public:
    explicit field_reader(std::string_view bytes) : rest_(bytes) {}

    std::string_view bytes(std::uint64_t count) {
        if (count > rest_.size()) {
            failed_ = true;
            rest_ = {};
            return {};
        }
        const std::string_view out = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return out;
    }

    template <std::unsigned_integral T>
    T number() {
        const std::string_view raw = bytes(sizeof(T));
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < raw.size(); ++i)
            value |= std::uint64_t{static_cast<std::uint8_t>(raw[i])} << (8 * i);
        return static_cast<T>(value);
    }

    digest256 digest() {
        digest256 out{};
        const std::string_view raw = bytes(out.size());
        std::copy(raw.begin(), raw.end(), out.begin());
        return out;
    }

    std::string_view rest() { return bytes(rest_.size()); }
    [[nodiscard]] bool at_end() const { return rest_.empty() && !failed_; }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    std::string_view rest_;
    bool failed_ = false;
};

// HKDF-SHA-256 (RFC 5869) for one block of output, which is the 32 bytes that are needed.
digest256 file_key(const encryption_key& key, std::string_view file_salt) {
    const digest256 extracted =
        keyed_digest(file_salt, {reinterpret_cast<const char*>(key.bytes.data()), key.bytes.size()});
    return keyed_digest(view(extracted), std::string("understudy backup 1") + '\x01');
}

std::string key_check(const digest256& key) {
    return std::string(half(keyed_digest(view(key), "understudy key check")));
}

bool same(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct context_deleter {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using cipher_context = std::unique_ptr<EVP_CIPHER_CTX, context_deleter>;

// Four zero bytes and the number of the frame: unique under a key that is one file's own.
std::array<unsigned char, 12> nonce_of(std::uint64_t index) {
    std::array<unsigned char, 12> nonce{};
    for (std::size_t i = 0; i < 8; ++i)
        nonce[4 + i] = static_cast<unsigned char>(index >> (8 * i) & 0xff);
    return nonce;
}

cipher_context begin_cipher(const digest256& key, std::uint64_t index, std::string_view authenticated,
                            bool encrypting) {
    cipher_context context(EVP_CIPHER_CTX_new());
    int length = 0;
    const auto nonce = nonce_of(index);
    if (!context ||
        EVP_CipherInit_ex2(context.get(), EVP_aes_256_gcm(), key.data(), nonce.data(), encrypting ? 1 : 0, nullptr) !=
            1 ||
        EVP_CipherUpdate(context.get(), nullptr, &length, reinterpret_cast<const unsigned char*>(authenticated.data()),
                         static_cast<int>(authenticated.size())) != 1)
        return nullptr;
    return context;
}

// In place. A frame is under 2^31 bytes (backup_entry_limit), which is what OpenSSL takes in one call.
bool crypt(EVP_CIPHER_CTX* context, std::string& body) {
    if (body.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
    auto* bytes = reinterpret_cast<unsigned char*>(body.data());
    int length = 0;
    return EVP_CipherUpdate(context, bytes, &length, bytes, static_cast<int>(body.size())) == 1 &&
           static_cast<std::size_t>(length) == body.size();
}

}  // namespace

std::string new_header(const std::optional<encryption_key>& key) {
    std::string out(magic);
    put(out, format_version);
    put(out, key ? flag_encrypted : std::uint16_t{0});
    put(out, static_cast<std::uint32_t>(header_size));
    const key_salt salt = key ? key->salt : key_salt{};
    out.append(salt.begin(), salt.end());
    const std::string file_salt = random_bytes(key_check_at - file_salt_at);
    out += file_salt;
    out += key ? key_check(file_key(*key, file_salt)) : std::string(header_check_at - key_check_at, '\0');
    out += half(sha256_of(out));
    return out;
}

result<backup_header> parse_header(std::string_view bytes) {
    if (bytes.substr(0, magic.size()) != magic || bytes.size() < header_size)
        return fail(errc::backup_damaged, "this is no backup, or its beginning is missing");
    field_reader fields(bytes.substr(version_at));
    backup_header header;
    header.version = fields.number<std::uint16_t>();
    if (header.version > format_version)
        return fail(errc::newer_format,
                    fmt::format("the backup has format {}, this program reads format {}: use the version that wrote it",
                                header.version, format_version));
    const auto flags = fields.number<std::uint16_t>();
    const auto size = fields.number<std::uint32_t>();
    if (header.version != format_version || size != header_size || (flags & ~flag_encrypted) != 0 ||
        bytes.substr(header_check_at, seal_size) != half(sha256_of(bytes.substr(0, header_check_at))))
        return fail(errc::backup_damaged, "the backup's header is damaged");
    header.encrypted = (flags & flag_encrypted) != 0;
    std::copy_n(bytes.begin() + salt_at, header.salt.size(), header.salt.begin());
    return header;
}

frame_cipher::~frame_cipher() {
    OPENSSL_cleanse(file_key_.data(), file_key_.size());
}

result<frame_cipher> frame_cipher::open(std::string_view header, const std::optional<encryption_key>& key) {
    frame_cipher cipher;
    header = header.substr(0, header_size);
    cipher.header_digest_ = sha256_of(header);
    cipher.encrypted_ = (static_cast<std::uint8_t>(header[flags_at]) & flag_encrypted) != 0;
    if (!cipher.encrypted_) return cipher;
    if (!key) return fail(errc::secret_missing, "the backup is encrypted and no key is set");
    cipher.file_key_ = file_key(*key, header.substr(file_salt_at, key_check_at - file_salt_at));
    if (!same(header.substr(key_check_at, header_check_at - key_check_at), key_check(cipher.file_key_)))
        return fail(errc::secret_missing, "the backup is encrypted with another key");
    return cipher;
}

std::string frame_cipher::context(frame_kind kind, std::size_t length) const {
    std::string out(view(header_digest_));
    put(out, index_);
    put(out, static_cast<std::uint8_t>(kind));
    put(out, static_cast<std::uint32_t>(length));
    return out;
}

std::string frame_cipher::seal(frame_kind kind, std::string body) {
    std::string out;
    out.reserve(frame_head_size + body.size() + seal_size);
    put(out, static_cast<std::uint32_t>(body.size()));
    put(out, static_cast<std::uint8_t>(kind));
    std::string bound = context(kind, body.size());
    std::array<char, seal_size> tag{};
    if (encrypted_) {
        const cipher_context context = begin_cipher(file_key_, index_, bound, true);
        int length = 0;
        unsigned char none[1];
        if (!context || !crypt(context.get(), body) || EVP_EncryptFinal_ex(context.get(), none, &length) != 1 ||
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, seal_size, tag.data()) != 1)
            return {};
    } else {
        sha256 sum;
        sum.add(bound);
        sum.add(body);
        const digest256 digest = sum.finish();
        std::copy_n(digest.begin(), seal_size, tag.begin());
    }
    out += body;
    out.append(tag.data(), tag.size());
    ++index_;
    return out;
}

bool frame_cipher::open_frame(frame_kind kind, std::string& body, std::string_view seal) {
    const std::string bound = context(kind, body.size());
    if (encrypted_) {
        std::array<char, seal_size> tag{};
        if (seal.size() != tag.size()) return false;
        std::copy(seal.begin(), seal.end(), tag.begin());
        const cipher_context context = begin_cipher(file_key_, index_, bound, false);
        int length = 0;
        unsigned char none[1];
        if (!context || !crypt(context.get(), body) ||
            EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, seal_size, tag.data()) != 1 ||
            EVP_DecryptFinal_ex(context.get(), none, &length) != 1)
            return false;
    } else {
        sha256 sum;
        sum.add(bound);
        sum.add(body);
        const digest256 digest = sum.finish();
        if (!same(seal, half(digest))) return false;
    }
    ++index_;
    return true;
}

std::string encode_entry(const backup_entry& entry) {
    std::string out;
    out.reserve(entry_overhead_limit + entry.key.size() + entry.payload.size());
    put(out, static_cast<std::uint8_t>((entry.expires_at ? has_expiry : 0) | (entry.idle ? has_idle : 0) |
                                       (entry.freq ? has_freq : 0)));
    put(out, static_cast<std::uint32_t>(entry.database));
    out += view(entry.digest);
    if (entry.expires_at) put(out, static_cast<std::uint64_t>(entry.expires_at->time_since_epoch().count()));
    if (entry.idle) put(out, static_cast<std::uint64_t>(entry.idle->count()));
    if (entry.freq) put(out, *entry.freq);
    put(out, static_cast<std::uint32_t>(entry.key.size()));
    out += entry.key;
    out += entry.payload;
    return out;
}

std::optional<backup_entry> decode_entry(std::string_view body) {
    field_reader fields(body);
    const auto present = fields.number<std::uint8_t>();
    if ((present & ~(has_expiry | has_idle | has_freq)) != 0) return std::nullopt;
    backup_entry entry;
    entry.database = static_cast<int>(fields.number<std::uint32_t>());
    entry.digest = fields.digest();
    if (present & has_expiry)
        entry.expires_at =
            wall_time(std::chrono::milliseconds(static_cast<std::int64_t>(fields.number<std::uint64_t>())));
    if (present & has_idle)
        entry.idle = std::chrono::seconds(static_cast<std::int64_t>(fields.number<std::uint64_t>()));
    if (present & has_freq) entry.freq = fields.number<std::uint8_t>();
    const auto key_size = fields.number<std::uint32_t>();
    entry.key = fields.bytes(key_size);
    if (fields.failed()) return std::nullopt;
    entry.payload = fields.rest();
    return entry;
}

std::string encode_trailer(const backup_summary& summary) {
    std::string out;
    put(out, summary.entries);
    put(out, summary.bytes);
    out += view(summary.digest);
    return out;
}

std::optional<backup_summary> decode_trailer(std::string_view body) {
    field_reader fields(body);
    backup_summary summary;
    summary.entries = fields.number<std::uint64_t>();
    summary.bytes = fields.number<std::uint64_t>();
    summary.digest = fields.digest();
    if (!fields.at_end()) return std::nullopt;
    return summary;
}

}  // namespace understudy::store::detail
