#include "exec/redact.h"

#include <gtest/gtest.h>

#include "base/random.h"

using namespace understudy;
using namespace understudy::exec;

namespace {

// The rule said a second time, over the whole text: mark every byte of every occurrence, then write.
std::string redact_slowly(const std::string& text, const std::vector<std::string>& secrets) {
    std::vector<bool> covered(text.size()), begins(text.size());
    std::size_t covered_to = 0;
    for (std::size_t at = 0; at < text.size(); ++at)
        for (const std::string& secret : secrets) {
            if (secret.size() < 4) continue;
            const std::string rest = text.substr(at);
            const bool whole = rest.rfind(secret, 0) == 0;
            const bool beginning = rest.size() >= 4 && secret.rfind(rest, 0) == 0;
            if (!whole && !beginning) continue;
            if (at >= covered_to) begins[at] = true;
            covered_to = std::max(covered_to, at + std::min(rest.size(), secret.size()));
            for (std::size_t i = at; i < covered_to; ++i)
                covered[i] = true;
        }
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (begins[at]) out += "[secret]";
        if (!covered[at]) out += text[at];
    }
    return out;
}

}  // namespace

TEST(redact, replaces_known_secrets) {
    const std::vector<std::string> secrets = {"hunter2!", "s3cret"};
    EXPECT_EQ(redact("the password is hunter2!, s3cret.", secrets), "the password is [secret], [secret].");
    EXPECT_EQ(redact("hunter2!hunter2!", secrets), "[secret][secret]");
    EXPECT_EQ(redact("nothing here", secrets), "nothing here");
    EXPECT_EQ(redact("", secrets), "");
    EXPECT_EQ(redact("as it was", {}), "as it was");
}

TEST(redact, leaves_what_is_too_short_to_be_a_secret) {
    EXPECT_EQ(redact("abc abcd", {"abc", ""}), "abc abcd");
    EXPECT_EQ(redact("abc abcd", {"abcd"}), "abc [secret]");
}

TEST(redact, takes_overlapping_secrets_together) {
    EXPECT_EQ(redact("xabcdefx", {"abcd", "cdef"}), "x[secret]x");
    EXPECT_EQ(redact("xabcdefx", {"abcd", "abcdef"}), "x[secret]x");
    EXPECT_EQ(redact("aaaaaa", {"aaaa"}), "[secret]");
}

TEST(redact, also_a_secret_that_was_cut_by_the_end) {
    EXPECT_EQ(redact("pw=hunter", {"hunter2!"}), "pw=[secret]");
    EXPECT_EQ(redact("pw=hun", {"hunter2!"}), "pw=hun");
}

TEST(redact, pieces_and_slow_rule_agree) {
    seeded_random random(11);
    for (int round = 0; round < 3000; ++round) {
        const auto word = [&](std::uint64_t longest) {
            std::string out;
            for (std::uint64_t left = random.below(longest + 1); left > 0; --left)
                out += static_cast<char>('a' + random.below(2));
            return out;
        };
        const std::vector<std::string> secrets = {word(7), word(7), word(5)};
        const std::string text = word(40);
        const std::string expected = redact_slowly(text, secrets);
        ASSERT_EQ(redact(text, secrets), expected) << text;
        redactor pieces(secrets);
        std::string out;
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t length = 1 + random.below(4);
            out += pieces.add(std::string_view(text).substr(at, length));
            at += length;
        }
        out += pieces.finish();
        ASSERT_EQ(out, expected) << text;
    }
}

TEST(output_keeper, keeps_all_up_to_the_limit) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, output_limit / 2, output_limit - 1, output_limit}) {
        output_keeper keeper;
        const std::string text(size, 'x');
        keeper.add(text);
        EXPECT_EQ(keeper.text(), text);
    }
}

TEST(output_keeper, keeps_both_ends_and_counts_the_rest) {
    for (const std::size_t piece : {1u, 7u, 1000u, 100'000u}) {
        for (const std::size_t size : {output_limit + 1, output_limit + 1000, std::size_t{300'001}}) {
            std::string text;
            for (std::size_t i = 0; i < size; ++i)
                text += static_cast<char>('a' + i % 26);
            output_keeper keeper;
            for (std::size_t at = 0; at < size; at += piece)
                keeper.add(std::string_view(text).substr(at, piece));
            const std::string kept = keeper.text();
            EXPECT_LE(kept.size(), output_limit);
            const std::size_t head = output_limit / 2;
            EXPECT_EQ(kept.substr(0, head), text.substr(0, head));
            const std::size_t note_end = kept.find("...]\n");
            ASSERT_NE(note_end, std::string::npos);
            const std::string tail = kept.substr(note_end + 5);
            EXPECT_EQ(tail, text.substr(size - tail.size()));
            EXPECT_EQ(kept.substr(head, note_end + 5 - head),
                      "\n[... " + std::to_string(size - head - tail.size()) + " bytes left out ...]\n");
        }
    }
}
