// What is personal is decided generously: a route that is left out costs its user a line to write, a name or a token
// that is copied into a file in git costs more.
#include "discover/detail/segment.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "keyspace/family.h"

namespace understudy::discover::detail {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t longest_segment = 128;
constexpr std::size_t longest_number = 9;
constexpr std::size_t longest_code = 12;

constexpr std::array people{"user"sv,      "users"sv,   "member"sv,  "members"sv,  "profile"sv,  "profiles"sv,
                            "author"sv,    "authors"sv, "people"sv,  "person"sv,   "u"sv,        "customer"sv,
                            "customers"sv, "staff"sv,   "patient"sv, "patients"sv, "employees"sv};
constexpr std::array actions{
    "logout"sv,       "log-out"sv,    "log_out"sv,     "signout"sv, "sign_out"sv, "sign-out"sv, "unsubscribe"sv,
    "delete"sv,       "remove"sv,     "destroy"sv,     "reset"sv,   "confirm"sv,  "verify"sv,   "activate"sv,
    "invite"sv,       "invitation"sv, "token"sv,       "cron"sv,    "admin"sv,    "wp-admin"sv, "wp-cron.php"sv,
    "wp-login.php"sv, "xmlrpc.php"sv, "add-to-cart"sv, "webhook"sv, "webhooks"sv, "callback"sv, "oauth"sv,
    "actuator"sv,     "debug"sv,      "phpmyadmin"sv,  "password"sv};
constexpr std::array fixed{"page"sv, "new"sv,   "edit"sv,    "search"sv,  "feed"sv,     "login"sv,    "signup"sv,
                           "me"sv,   "index"sv, "sign_in"sv, "sign_up"sv, "register"sv, "settings"sv, "archive"sv};
constexpr std::array lists{"category"sv, "categories"sv, "product"sv, "products"sv, "item"sv,       "items"sv,
                           "article"sv,  "articles"sv,   "post"sv,    "posts"sv,    "blog"sv,       "news"sv,
                           "tag"sv,      "tags"sv,       "topic"sv,   "topics"sv,   "collection"sv, "collections"sv,
                           "brand"sv,    "brands"sv,     "shop"sv,    "catalog"sv,  "event"sv,      "events"sv,
                           "recipe"sv,   "recipes"sv,    "book"sv,    "books"sv,    "wiki"sv,       "p"sv,
                           "c"sv,        "job"sv,        "jobs"sv,    "course"sv,   "courses"sv};
constexpr std::array folders{"static"sv, "assets"sv,  "media"sv,  "wp-content"sv, "wp-includes"sv, "_next"sv,
                             "build"sv,  "uploads"sv, "images"sv, "img"sv,        "fonts"sv,       ".well-known"sv};
constexpr std::array files{"css"sv, "js"sv,  "mjs"sv,  "map"sv,  "png"sv,  "jpg"sv,        "jpeg"sv,
                           "gif"sv, "svg"sv, "webp"sv, "avif"sv, "ico"sv,  "woff"sv,       "woff2"sv,
                           "ttf"sv, "otf"sv, "eot"sv,  "mp4"sv,  "webm"sv, "mp3"sv,        "pdf"sv,
                           "zip"sv, "gz"sv,  "xml"sv,  "txt"sv,  "wasm"sv, "webmanifest"sv};
constexpr std::array pages{"html"sv, "htm"sv, "php"sv, "asp"sv, "aspx"sv, "jsp"sv, "json"sv, "do"sv, "cgi"sv};

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

std::string small_letters(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    return out;
}

template <std::size_t size>
bool among(std::string_view word, const std::array<std::string_view, size>& words) {
    return std::ranges::find(words, word) != words.end();
}

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// False where a '%' is not followed by two hex digits.
bool decode(std::string_view raw, std::string& out) {
    for (std::size_t at = 0; at < raw.size(); ++at) {
        if (raw[at] != '%') {
            out.push_back(raw[at]);
            continue;
        }
        if (at + 2 >= raw.size()) return false;
        const int high = hex_value(raw[at + 1]), low = hex_value(raw[at + 2]);
        if (high < 0 || low < 0) return false;
        out.push_back(static_cast<char>(high * 16 + low));
        at += 2;
    }
    return true;
}

// The length of the UTF-8 sequence at the beginning (RFC 3629), 0 where there is none.
std::size_t sequence(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return size;
}

bool is_plain_text(std::string_view text) {
    while (!text.empty()) {
        const auto size = sequence(text);
        if (size == 0) return false;
        const auto c = static_cast<unsigned char>(text.front());
        if (c < 0x20 || c == 0x7f || (c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0)) return false;
        text.remove_prefix(size);
    }
    return true;
}

bool stands_in_a_path(char c) {
    return is_digit(c) || is_letter(c) || (c != '\0' && "._~-+,:"sv.contains(c));
}

// The longest run of letters and digits that has both.
std::size_t longest_mixed_run(std::string_view text) {
    std::size_t longest = 0;
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        bool digits = false, letters = false;
        for (; end < text.size() && (is_digit(text[end]) || is_letter(text[end])); ++end) {
            digits |= is_digit(text[end]);
            letters |= is_letter(text[end]);
        }
        if (digits && letters) longest = std::max(longest, end - at);
        at = end + 1;
    }
    return longest;
}

std::size_t longest_digit_run(std::string_view text) {
    std::size_t longest = 0, run = 0;
    for (const char c : text) {
        run = is_digit(c) ? run + 1 : 0;
        longest = std::max(longest, run);
    }
    return longest;
}

// An address, a home folder, "ada.lovelace".
bool names_somebody(const std::string& text, const std::string& look) {
    if (text.find('@') != std::string::npos || text.starts_with('~')) return true;
    if (look.find("{email}") != std::string::npos) return true;
    const auto dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == text.size()) return false;
    const auto tail = small_letters(std::string_view(text).substr(text.rfind('.') + 1));
    if (among(std::string_view(tail), pages)) return false;
    return std::ranges::all_of(text, [](char c) { return is_letter(c) || c == '.' || c == '-'; });
}

bool is_secretive(const std::string& text, const std::string& look) {
    for (const auto kind : {"{md5}"sv, "{sha1}"sv, "{uuid}"sv, "{ip}"sv, "{gen}"sv})
        if (look.find(kind) != std::string::npos) return true;
    if ((look == "{id}" || look == "{hex}") && text.size() >= longest_code) return true;
    return longest_mixed_run(text) >= longest_code || longest_digit_run(text) > longest_number ||
           std::ranges::count_if(text, is_letter) > 64;
}

}  // namespace

segment read_segment(std::string_view raw, std::string_view before) {
    segment out;
    if (raw.empty() || raw.size() > 3 * longest_segment || !decode(raw, out.text)) return out;
    const auto& text = out.text;
    if (text.size() > longest_segment || text == "." || text == ".." || !is_plain_text(text)) return out;
    if (text.find('/') != std::string::npos || text.find('\\') != std::string::npos) return out;
    const auto word = small_letters(text);
    const auto dot = word.rfind('.');
    const auto look = keyspace::key_template(text);
    if (among(std::string_view(word), actions) || among(small_letters(before), actions))
        out.kind = segment_kind::acts;
    else if ((before.empty() && among(std::string_view(word), folders)) ||
             (dot != std::string::npos && among(std::string_view(word).substr(dot + 1), files)))
        out.kind = segment_kind::asset;
    else if (text.find('@') == std::string::npos && among(small_letters(before), people) && !is_fixed_word(word))
        out.kind = segment_kind::member;
    else if (names_somebody(text, look))
        out.kind = segment_kind::person;
    else if (is_secretive(text, look))
        out.kind = segment_kind::token;
    else if (look == "{int}" || look == "{id}" || look == "{hex}" || look == "{date}")
        out.kind = segment_kind::id;
    else
        out.kind = std::ranges::all_of(text, stands_in_a_path) ? segment_kind::word : segment_kind::slug;
    return out;
}

bool lists_things(std::string_view word) {
    return among(small_letters(word), lists);
}

bool is_fixed_word(std::string_view word) {
    return among(word, fixed);
}

bool looks_like_slug(std::string_view word) {
    return word.find('-') != std::string_view::npos || std::ranges::any_of(word, is_digit);
}

}  // namespace understudy::discover::detail
