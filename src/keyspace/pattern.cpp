#include "keyspace/pattern.h"

#include <optional>

#include <fmt/format.h>

namespace understudy::keyspace {

namespace {

std::optional<unsigned> hex_digit(char byte) {
    if (byte >= '0' && byte <= '9') return static_cast<unsigned>(byte - '0');
    if (byte >= 'a' && byte <= 'f') return static_cast<unsigned>(byte - 'a' + 10);
    if (byte >= 'A' && byte <= 'F') return static_cast<unsigned>(byte - 'A' + 10);
    return std::nullopt;
}

std::unexpected<error> refuse(std::string_view why, std::size_t at) {
    return fail(errc::config_bad_value, fmt::format("key pattern, byte {}: {}", at + 1, why));
}

struct escape {
    char byte = 0;
    std::size_t length = 0;  // with its backslash; 0: no escape of ours
};

escape read_escape(std::string_view text) {
    if (text.size() < 2) return {};
    if (text[1] == '*' || text[1] == '\\') return {text[1], 2};
    if (text[1] != 'x' || text.size() < 4) return {};
    const auto high = hex_digit(text[2]);
    const auto low = hex_digit(text[3]);
    if (!high || !low) return {};
    return {static_cast<char>(static_cast<unsigned char>(*high << 4 | *low)), 4};
}

}  // namespace

result<key_pattern> key_pattern::parse(std::string_view text, breadth allowed) {
    if (text.empty()) return fail(errc::config_bad_value, "a key pattern is empty");
    if (text.size() > max_pattern_bytes) return fail(errc::config_bad_value, "a key pattern is too long");
    std::vector<std::string> parts(1);
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] == '*') {
            // A run of stars matches what one does.
            if (parts.size() == 1 || !parts.back().empty()) parts.emplace_back();
            ++at;
        } else if (text[at] == '\\') {
            const auto [byte, length] = read_escape(text.substr(at));
            if (length == 0) return refuse(R"(after a backslash comes *, \ or xHH)", at);
            parts.back().push_back(byte);
            at += length;
        } else {
            parts.back().push_back(text[at++]);
        }
    }
    if (parts.size() > max_pattern_stars + 1) return fail(errc::config_bad_value, "a key pattern has too many stars");
    if (allowed == breadth::narrow && parts.front().empty())
        return refuse("begins with a star, so it could match any key; begin with the bytes that all keys meant share",
                      0);
    return key_pattern(std::move(parts));
}

result<key_pattern> key_pattern::exactly(std::string_view key) {
    if (key.empty() || key.size() > max_pattern_bytes)
        return fail(errc::config_bad_value, "a key is empty or too long for a pattern");
    return key_pattern({std::string(key)});
}

// The first and the last literal are pinned; each one between takes the first place where it fits, since what a star
// before it swallows more could only leave less for those behind.
bool key_pattern::matches(std::string_view key) const noexcept {
    if (is_literal()) return key == parts_.front();
    if (!key.starts_with(parts_.front())) return false;
    key.remove_prefix(parts_.front().size());
    if (!key.ends_with(parts_.back())) return false;
    key.remove_suffix(parts_.back().size());
    for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
        const auto found = key.find(parts_[i]);
        if (found == std::string_view::npos) return false;
        key.remove_prefix(found + parts_[i].size());
    }
    return true;
}

std::vector<int> key_pattern::symbols() const {
    std::vector<int> out;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (i > 0) out.push_back(star);
        for (const char byte : parts_[i])
            out.push_back(static_cast<unsigned char>(byte));
    }
    return out;
}

// teacher Whether some bytes lead through the first i symbols of this pattern and the first j of the other: with a star
//         at the end of either, where they lead there without it, or without the symbol of the other that it takes.
bool key_pattern::overlaps(const key_pattern& other) const {
    const auto ours = symbols(), theirs = other.symbols();
    std::vector<bool> above(theirs.size() + 1), row(theirs.size() + 1);
    for (std::size_t i = 0; i <= ours.size(); ++i) {
        for (std::size_t j = 0; j <= theirs.size(); ++j) {
            if (i == 0 && j == 0)
                row[j] = true;
            else if ((i > 0 && ours[i - 1] == star) || (j > 0 && theirs[j - 1] == star))
                row[j] = (i > 0 && above[j]) || (j > 0 && row[j - 1]);
            else
                row[j] = i > 0 && j > 0 && ours[i - 1] == theirs[j - 1] && above[j - 1];
        }
        std::swap(above, row);
    }
    return above[theirs.size()];
}

std::string key_pattern::to_redis_glob() const {
    std::string glob;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (i > 0) glob.push_back('*');
        for (const char byte : parts_[i]) {
            if (byte != '\0' && std::string_view("*?[]^\\").contains(byte)) glob.push_back('\\');
            glob.push_back(byte);
        }
    }
    return glob;
}

std::string key_pattern::text() const {
    std::string out;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (i > 0) out.push_back('*');
        for (const char byte : parts_[i]) {
            const auto code = static_cast<unsigned char>(byte);
            if (byte == '*' || byte == '\\')
                out.append({'\\', byte});
            else if (code < 0x20 || code > 0x7e)
                out += fmt::format("\\x{:02x}", code);
            else
                out.push_back(byte);
        }
    }
    return out;
}

}  // namespace understudy::keyspace
