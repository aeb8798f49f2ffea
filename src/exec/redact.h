// exec/redact.h - keeping a command's output without its secrets and without its length.
//
// Pure. A secret is replaced as the bytes that it is; the same secret in another encoding (percent, base64) is not
// known.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::exec {

// Secrets shorter than this are left alone: they would be found everywhere.
inline constexpr std::size_t shortest_secret = 4;

// Replaces each run of bytes that belongs to a secret by "[secret]"; overlapping secrets go together. A piece of a
// secret of at least 4 bytes at the very end (the command died while it wrote) is replaced too.
[[nodiscard]] std::string redact(std::string_view output, const std::vector<std::string>& secrets);

// The same over bytes that come in pieces, wherever they are cut. Holds back at most the length of the longest secret.
class redactor {
public:
    explicit redactor(std::vector<std::string> secrets);
    // What is decided by now.
    [[nodiscard]] std::string add(std::string_view piece);
    // The rest. Once.
    [[nodiscard]] std::string finish();

private:
    [[nodiscard]] std::size_t match_at(std::size_t position) const;
    void decide(bool all, std::string& out);

    std::vector<std::string> secrets_;  // longest first
    std::array<bool, 256> begins_{};    // whether a secret begins with this byte
    std::size_t longest_ = 0;
    std::string pending_;
    std::size_t covered_ = 0;  // bytes at the front of pending_ that belong to a secret already replaced
};

inline constexpr std::size_t output_limit = std::size_t{64} * 1024;

// Keeps the first and the last bytes of a stream, half of the limit each, with a note of how many bytes are left out
// between: text() has at most `limit` bytes. Memory: one and a half times the limit.
class output_keeper {
public:
    // The limit is 1 KB at least.
    explicit output_keeper(std::size_t limit = output_limit) : limit_(limit) {}
    void add(std::string_view piece);
    [[nodiscard]] std::string text() const;
    // Whether anything is left out.
    [[nodiscard]] bool cut() const { return left_out_ > 0 || tail_.size() > limit_ - head_limit(); }

private:
    [[nodiscard]] std::size_t head_limit() const { return limit_ / 2; }

    std::size_t limit_;
    std::string head_;
    std::string tail_;  // at least the last bytes; cut when it grows
    std::uint64_t left_out_ = 0;
};

}  // namespace understudy::exec
