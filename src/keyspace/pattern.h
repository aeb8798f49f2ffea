// keyspace/pattern.h - the patterns of change files: which keys a change is about.
//
// `*` stands for any run of bytes, the empty one too; every other byte stands for itself. `\*` is a star, `\\` a
// backslash, `\xHH` the byte of that number; any other backslash is an error. There are no classes, no `?` and no
// character sets, since keys hold brackets and question marks and a pattern that says more than was meant deletes more
// than was meant. A pattern is refused that does not begin with a literal byte, unless the caller allows it.
//
// Immutable once parsed, so any thread may read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace understudy::keyspace {

inline constexpr std::size_t max_pattern_bytes = 4096;
inline constexpr std::size_t max_pattern_stars = 16;

enum class breadth : bool { narrow, allow_broad };

class key_pattern {
public:
    // errc::config_bad_value with the place in the text, never the text. Runs of stars count as one. `allow_broad` lets
    // a pattern begin with a star, and be nothing but a star; an empty one is refused always.
    [[nodiscard]] static result<key_pattern> parse(std::string_view text, breadth allowed = breadth::narrow);
    // The pattern that only this key matches. The key must not be empty or longer than max_pattern_bytes.
    [[nodiscard]] static result<key_pattern> exactly(std::string_view key);

    // Cost O(key + pattern) where no part between two stars repeats itself, at worst O(key × pattern); no allocation.
    [[nodiscard]] bool matches(std::string_view key) const noexcept;
    // Whether there is a key that both match. Cost O(pattern × pattern).
    [[nodiscard]] bool overlaps(const key_pattern& other) const;
    // For SCAN ... MATCH: matches the same keys in Redis's stringmatchlen (util.c). Bytes, not text.
    [[nodiscard]] std::string to_redis_glob() const;
    // One canonical line of printable ASCII, which parses (allow_broad) to an equal pattern.
    [[nodiscard]] std::string text() const;

    // The bytes before the first star: every key that matches begins with them.
    [[nodiscard]] std::string_view literal_prefix() const noexcept { return parts_.front(); }
    // No star: matches one key.
    [[nodiscard]] bool is_literal() const noexcept { return parts_.size() == 1; }

    bool operator==(const key_pattern&) const = default;

private:
    static constexpr int star = -1;  // among symbols(), whose others are bytes
    [[nodiscard]] std::vector<int> symbols() const;
    explicit key_pattern(std::vector<std::string> parts) : parts_(std::move(parts)) {}

    // The literals between the stars, n + 1 for n stars; only the first and the last may be empty.
    std::vector<std::string> parts_;
};

}  // namespace understudy::keyspace
