// Design: first the spans are found that no cutting at punctuation would find, since punctuation is part of them:
// binary stretches, addresses with an @, values of a query string. Then one walk cuts the rest into pieces: a
// separator, one of the shapes with punctuation of their own (generation, UUID, date, address), or a run of letters and
// digits, which `kind_of` judges by its look. Last, crumbs of a token that its own '-' and '_' cut off are taken into
// its {id}. Everything is linear in the at most 512 bytes that are looked at, but for the shapes, which look ahead a
// bounded way.
#include "keyspace/family.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace understudy::keyspace {

namespace {

// One look in a table for each question that is asked of a byte.
enum byte_class : std::uint8_t {
    digit = 1,
    lower = 2,
    upper = 4,
    hex_letter = 8,
    high = 16,
    plain = 32,
    at_or_percent = 64
};

constexpr std::array<std::uint8_t, 256> byte_classes = [] {
    std::array<std::uint8_t, 256> out{};
    for (std::size_t byte = 0; byte < out.size(); ++byte) {
        std::uint8_t classes = byte >= 0x80 ? high : 0;
        if (byte >= 0x20 && byte < 0x7f) classes |= plain;
        if (byte >= '0' && byte <= '9') classes |= digit;
        if (byte >= 'a' && byte <= 'z') classes |= lower;
        if (byte >= 'A' && byte <= 'Z') classes |= upper;
        if ((byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F')) classes |= hex_letter;
        if (byte == '@' || byte == '%') classes |= at_or_percent;
        out[byte] = classes;
    }
    return out;
}();

bool is(char byte, int classes) {
    return (byte_classes[static_cast<unsigned char>(byte)] & classes) != 0;
}
bool is_digit(char byte) {
    return is(byte, digit);
}
bool is_lower(char byte) {
    return is(byte, lower);
}
bool is_upper(char byte) {
    return is(byte, upper);
}
bool is_letter(char byte) {
    return is(byte, lower | upper);
}
bool is_alnum(char byte) {
    return is(byte, lower | upper | digit);
}
bool is_hex(char byte) {
    return is(byte, digit | hex_letter);
}
bool is_high(char byte) {
    return is(byte, high);
}
bool is_plain(char byte) {
    return is(byte, plain);
}

bool among(char byte, std::string_view set) {
    return byte != '\0' && set.contains(byte);
}
bool ends_segment(char byte) {
    return among(byte, ":/| ");
}

template <class Fits>
std::size_t count(std::string_view text, Fits fits) {
    return static_cast<std::size_t>(std::ranges::count_if(text, fits));
}
template <class Fits>
std::size_t leading(std::string_view text, Fits fits) {
    return static_cast<std::size_t>(std::ranges::find_if_not(text, fits) - text.begin());
}

// --- spans that hold punctuation -----------------------------------------------------------------------------------

struct span {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view label;
};

// A few odd bytes are markers that frameworks write (Symfony's NUL); more are a digest, a packed number or a text.
void find_binary(std::string_view key, std::vector<span>& spans) {
    constexpr std::size_t few = 3;
    if (key.size() - count(key, is_plain) <= few) return;
    std::size_t begin = leading(key, is_plain);
    std::size_t end = key.size();
    while (is_plain(key[end - 1]))
        --end;
    while (begin > 0 && !ends_segment(key[begin - 1]))
        --begin;
    while (end < key.size() && !ends_segment(key[end]))
        ++end;
    spans.push_back({begin, end, "{bytes}"});
}

bool is_local_part(char byte) {
    return is_alnum(byte) || is_high(byte) || among(byte, "._%+-~!#$'*^`");
}
bool is_domain(char byte) {
    return is_alnum(byte) || is_high(byte) || byte == '.' || byte == '-';
}

// The length of an at sign, also as URLs carry it.
std::size_t at_sign(std::string_view text) {
    for (const std::string_view form : {"@", "%40", "%2540"})
        if (text.starts_with(form)) return form.size();
    return 0;
}

void find_addresses(std::string_view key, std::vector<span>& spans) {
    for (std::size_t at = 0; at < key.size(); ++at) {
        const std::size_t sign = at_sign(key.substr(at));
        if (sign == 0) continue;
        std::size_t begin = at;
        while (begin > 0 && is_local_part(key[begin - 1]))
            --begin;
        if (begin == at && at > 0 && key[at - 1] == '"') {
            const auto quote = key.substr(0, at - 1).rfind('"');
            if (quote != std::string_view::npos) begin = quote;
        }
        const std::size_t end = at + sign + leading(key.substr(at + sign), is_domain);
        if (begin < at || end > at + sign) spans.push_back({begin, end, "{email}"});
        at = end - 1;
    }
}

void find_query_values(std::string_view key, std::vector<span>& spans) {
    auto at = key.find('?');
    while (at != std::string_view::npos) {
        const auto equals = key.find('=', at);
        if (equals == std::string_view::npos) return;
        const auto end = std::min(key.find('&', equals), key.size());
        if (end > equals + 1) spans.push_back({equals + 1, end, "{value}"});
        at = key.find('&', equals);
    }
}

// In order, each byte in one span at most.
std::vector<span> find_spans(std::string_view key) {
    std::uint8_t any = 0, all = 0xff;
    for (const char byte : key) {
        any |= byte_classes[static_cast<unsigned char>(byte)];
        all &= byte_classes[static_cast<unsigned char>(byte)];
    }
    std::vector<span> found;
    if ((all & plain) == 0) find_binary(key, found);
    if ((any & at_or_percent) != 0) find_addresses(key, found);
    find_query_values(key, found);
    if (found.size() < 2) return found;
    std::ranges::sort(found, {}, &span::begin);
    std::vector<span> apart;
    for (const auto& next : found) {
        if (!apart.empty() && next.begin < apart.back().end)
            apart.back().end = std::max(apart.back().end, next.end);
        else
            apart.push_back(next);
    }
    return apart;
}

// --- shapes with punctuation of their own, at the beginning of a text; their length or 0
// ------------------------------

// 'd' a digit, 'h' a hex digit, else the byte itself.
bool fits_shape(std::string_view text, std::string_view shape) {
    return text.size() >= shape.size() &&
           std::ranges::equal(text.substr(0, shape.size()), shape, [](char byte, char want) {
               if (want == 'd') return is_digit(byte);
               return want == 'h' ? is_hex(byte) : byte == want;
           });
}

bool word_goes_on(std::string_view text, std::size_t at) {
    return at < text.size() && is_alnum(text[at]);
}

// PHP's microtime(), as WordPress appends it for each cache group that an entry depends on.
std::size_t generation(std::string_view text) {
    constexpr std::string_view shape = "0.dddddddd dddddddddd";
    std::size_t length = 0;
    while (fits_shape(text.substr(length), shape))
        length += shape.size();
    return length;
}

std::size_t uuid(std::string_view text) {
    constexpr std::string_view shape = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    return fits_shape(text, shape) && !word_goes_on(text, shape.size()) ? shape.size() : 0;
}

// RFC 3339 and what is written like it: "2026-11-23", "2026-11-23T10:15:00.123Z", "2026-11-23 10-15".
std::size_t date(std::string_view text) {
    if (!fits_shape(text, "dddd-dd-dd")) return 0;
    const int month = (text[5] - '0') * 10 + text[6] - '0';
    const int day = (text[8] - '0') * 10 + text[9] - '0';
    if (month < 1 || month > 12 || day < 1 || day > 31) return 0;
    std::size_t end = 10;
    if (end < text.size() && among(text[end], "Tt _") && fits_shape(text.substr(end + 1), "dd")) {
        end += 3;
        for (int i = 0; i < 2; ++i)
            if (fits_shape(text.substr(end), ":dd") || fits_shape(text.substr(end), "-dd")) end += 3;
        if (end < text.size() && text[end] == '.') end += 1 + leading(text.substr(end + 1), is_digit);
        if (end < text.size() && among(text[end], "Zz")) ++end;
    }
    return word_goes_on(text, end) ? 0 : end;
}

// IPv6 and MAC: groups of up to four hex digits between colons, where more than numbers shows that they are no ids.
std::size_t address(std::string_view text) {
    std::size_t end = 0, groups = 0, colons = 0;
    bool shortened = false;
    while (groups < 8) {
        const std::size_t digits = leading(text.substr(end), is_hex);
        if (digits == 0 || digits > 4 || word_goes_on(text, end + digits)) return 0;
        end += digits;
        ++groups;
        if (!text.substr(end).starts_with(':')) break;
        const bool twice = text.substr(end).starts_with("::");
        const std::size_t next = end + (twice ? 2 : 1);
        if (next >= text.size() || !is_hex(text[next])) break;
        shortened |= twice;
        colons += twice ? 2 : 1;
        end = next;
    }
    const bool long_enough = shortened ? groups >= 3 : colons >= 5;
    const bool more_than_numbers = shortened || count(text.substr(0, end), is_letter) > 0;
    return long_enough && more_than_numbers ? end : 0;
}

// --- runs of letters and digits
// ----------------------------------------------------------------------------------------

bool random_letters(std::string_view text) {
    const std::size_t uppers = count(text, is_upper);
    std::size_t changes = 0;
    for (std::size_t i = 1; i < text.size(); ++i)
        changes += is_upper(text[i - 1]) != is_upper(text[i]);
    // No word is so long, no camelCase has so many capitals or changes so often.
    if (text.size() >= 32) return true;
    if (text.size() >= 20 && uppers > text.size() / 4) return true;
    return text.size() >= 6 && changes > text.size() / 2;
}

// How a run is shown: the beginning of it that stays, and the label behind that.
struct shown_run {
    std::string_view text;
    std::string_view label;
};

// Letters and digits both are there.
shown_run kind_of_mixed(std::string_view text) {
    const std::size_t first = leading(text, is_letter);
    const std::size_t second = leading(text.substr(first), is_digit);
    const std::size_t rest = text.size() - first - second;
    const bool wordlike = text.size() < 24 && !random_letters(text.substr(0, first));
    if (first > 0 && rest == 0 && wordlike)
        return second <= 3 ? shown_run{text, {}} : shown_run{text.substr(0, first), "{int}"};
    const auto tail = text.substr(first + second);
    const bool digit_in_word = first >= 3 && second <= 2 && rest >= 3 && count(tail, is_letter) == rest;
    if (digit_in_word && text.size() < 20 && wordlike && !random_letters(tail)) return {text, {}};
    const bool short_word = text.size() < 4 || (text.size() == 4 && first == 0 && count(tail, is_letter) == rest);
    return short_word ? shown_run{text, {}} : shown_run{{}, "{id}"};
}

shown_run kind_of(std::string_view text) {
    const std::size_t digits = count(text, is_digit);
    if (digits == text.size()) return {{}, "{int}"};
    if (text.size() >= 6 && count(text, is_hex) == text.size()) {
        if (text.size() == 32) return {{}, "{md5}"};
        if (text.size() == 40) return {{}, "{sha1}"};
        if (digits > 0) return {{}, "{hex}"};
    }
    if (digits > 0) return kind_of_mixed(text);
    return random_letters(text) ? shown_run{{}, "{id}"} : shown_run{text, {}};
}

// Single bytes as they are shown: as they are, doubled (a backslash), or as their number.
constexpr std::array<std::array<char, 4>, 256> escapes = [] {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<std::array<char, 4>, 256> out{};
    for (std::size_t byte = 0; byte < out.size(); ++byte)
        out[byte] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    out['\\'] = {'\\', '\\', 0, 0};
    return out;
}();

std::string_view escaped(const char& byte) {
    if (byte == '\\') return {escapes['\\'].data(), 2};
    if (is_plain(byte)) return {&byte, 1};
    return {escapes[static_cast<unsigned char>(byte)].data(), 4};
}

// --- the walk
// ----------------------------------------------------------------------------------------------------------

}  // namespace

// A part of a template: text of the key (or an escape), and a label behind it. Both may be empty.
struct template_maker::piece {
    std::string_view text;
    std::string_view label;
    bool separator = false;
    bool plain_word = false;  // shown as it stood in the key
};

namespace {

using piece = template_maker::piece;

class walk {
public:
    walk(std::string_view key, std::vector<piece>& pieces) : key_(key), spans_(find_spans(key)), pieces_(pieces) {}

    void run() {
        while (at_ < key_.size())
            step();
    }

private:
    void step() {
        if (next_span_ < spans_.size() && spans_[next_span_].begin == at_) {
            const auto& [begin, end, label] = spans_[next_span_++];
            put(label, end - begin);
        } else if (!is_alnum(key_[at_])) {
            pieces_.push_back({escaped(key_[at_++]), {}, true, false});
        } else if (!shape()) {
            word();
        }
    }

    void put(std::string_view label, std::size_t length) {
        pieces_.push_back({{}, label, false, false});
        at_ += length;
    }

    [[nodiscard]] std::size_t limit() const {
        return next_span_ < spans_.size() ? spans_[next_span_].begin : key_.size();
    }

    bool shape() {
        struct row {
            std::size_t (*length)(std::string_view);
            std::string_view label;
        };
        static constexpr std::array rows{row{generation, "{gen}"}, row{uuid, "{uuid}"}, row{date, "{date}"},
                                         row{address, "{ip}"}};
        // Each of them begins with a hex digit and holds one of these signs.
        if (!is_hex(key_[at_])) return false;
        const auto rest = key_.substr(at_, limit() - at_);
        const std::size_t first = leading(rest, is_alnum);
        if (first > 8 || first == rest.size() || !among(rest[first], ".-:")) return false;
        for (const auto& [length, label] : rows) {
            const std::size_t found = length(rest);
            if (found == 0) continue;
            put(label, found);
            return true;
        }
        return false;
    }

    void word() {
        const auto text = key_.substr(at_, leading(key_.substr(at_, limit() - at_), is_alnum));
        const auto before = key_.substr(0, at_);
        at_ += text.size();
        // Django glues the session's id to the word.
        if (text.size() > 5 && text.starts_with("cache") && before.ends_with("contrib.sessions.")) {
            pieces_.push_back({text.substr(0, 5), "{id}", false, false});
            return;
        }
        const auto shown = kind_of(text);
        pieces_.push_back({shown.text, shown.label, false, shown.label.empty()});
        hide_name_after(text);
    }

    // WordPress keeps users by login, by slug and by address.
    void hide_name_after(std::string_view group) {
        const bool names = group == "userlogins" || group == "userslugs";
        if (!names && group != "useremail") return;
        const auto rest = key_.substr(at_);
        if (!rest.starts_with(':') || rest.size() == 1) return;
        pieces_.push_back({":", {}, true, false});
        pieces_.push_back({{}, names ? "{name}" : "{email}", false, false});
        at_ = key_.size();
    }

    std::string_view key_;
    std::vector<span> spans_;
    std::vector<piece>& pieces_;
    std::size_t next_span_ = 0;
    std::size_t at_ = 0;
};

bool is_label(const piece& of, std::string_view label) {
    return of.text.empty() && of.label == label;
}

// base64url writes '-' and '_', base64 '+' and '=': what they cut off an {id} belongs to it.
bool joins_token(const piece& between) {
    return between.separator && among(between.text.front(), "-_+=~");
}

bool is_crumb_after(const piece& next) {
    if (is_label(next, "{id}") || is_label(next, "{hex}")) return true;
    return next.plain_word && (next.text.size() <= 4 || count(next.text, is_lower) != next.text.size());
}

bool is_crumb_before(const piece& last) {
    const std::size_t uppers = count(last.text, is_upper);
    return last.plain_word && uppers > 0 && (uppers < last.text.size() || last.text.size() <= 4);
}

void take_in_crumbs(std::vector<piece>& pieces) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < pieces.size(); ++at) {
        const piece next = pieces[at];
        const bool joined = kept >= 2 && joins_token(pieces[kept - 1]) && !next.separator;
        if (joined && is_label(pieces[kept - 2], "{id}") && is_crumb_after(next)) {
            --kept;
            continue;
        }
        if (joined && is_label(next, "{id}") && is_crumb_before(pieces[kept - 2])) kept -= 2;
        pieces[kept++] = next;
    }
    pieces.resize(kept);
}

// Without the last segment of a key that is cut off, since half of it may look like something else.
std::string_view first_segments(std::string_view key) {
    key = key.substr(0, max_template_input);
    while (!key.empty() && !ends_segment(key.back()))
        key.remove_suffix(1);
    return key;
}

}  // namespace

template_maker::template_maker() = default;
template_maker::template_maker(template_maker&&) noexcept = default;
template_maker& template_maker::operator=(template_maker&&) noexcept = default;
template_maker::~template_maker() = default;

std::string_view template_maker::of(std::string_view key) {
    const bool cut = key.size() > max_template_input;
    pieces_.clear();
    walk(cut ? first_segments(key) : key, pieces_).run();
    take_in_crumbs(pieces_);
    out_.clear();
    for (const auto& next : pieces_)
        out_.append(next.text).append(next.label);
    if (cut) out_ += "{more}";
    return out_;
}

std::string key_template(std::string_view key) {
    return std::string(template_maker().of(key));
}

}  // namespace understudy::keyspace
