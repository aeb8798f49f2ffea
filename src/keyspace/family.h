// keyspace/family.h - a key as it may be shown: what varies from key to key becomes the name of its kind.
//
// This is the first part of the family miner: a template by the look of the key alone, without having seen any other
// key. Keys of one family mostly fall on one template; what this leaves apart (names and slugs in words) family_table.h
// merges when it has seen many keys.
//
// A key is cut at `: / . - _ |`, spaces and other punctuation. What is between the cuts becomes
//   {int}    digits                                     {uuid}   8-4-4-4-12 hex digits
//   {md5}    32 hex digits                              {sha1}   40 hex digits
//   {hex}    other hex of 6 or more, letters and digits {date}   2026-11-23, with a time of day or without
//   {email}  what stands around an @ or %40             {gen}    WordPress's "0.12345678 1795448305", one or more
//   {id}     letters and digits that are no word        {name}   a user's name in WordPress's userlogins, userslugs
//   {value}  the value in a query string                {bytes}  binary, and text that is not ASCII
//   {ip}     an IPv6 or MAC address                     {more}   what lies behind the first 512 bytes
// and a word stays: letters, with up to three digits at its end ("site1", "v2"); four or more become "user{int}".
// Single bytes that do not print are escaped as \xHH, a backslash as `\\`.
//
// Meant to hide: when in doubt a part is hidden. A word that a user chose and that looks like a word does stay
// ("tag:holidays"): that is not a secret, but a caller that must not show even that has to mask families as a whole.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace understudy::keyspace {

inline constexpr std::size_t max_template_input = 512;

// Printable ASCII, at most some 4 bytes for each of the first 512 of the key. Pure; cost O(bytes looked at).
[[nodiscard]] std::string key_template(std::string_view key);

// The same for many keys, in memory that is kept from one to the next. One object, one thread.
class template_maker {
public:
    template_maker();
    template_maker(template_maker&&) noexcept;
    template_maker& operator=(template_maker&&) noexcept;
    ~template_maker();
    // Holds until the next call.
    [[nodiscard]] std::string_view of(std::string_view key);

    struct piece;

private:
    std::vector<piece> pieces_;
    std::string out_;
};

}  // namespace understudy::keyspace
