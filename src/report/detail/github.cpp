#include "report/detail/github.h"

#include <algorithm>

#include "report/detail/printable.h"

namespace understudy::report::detail {

namespace {

constexpr std::string_view gap = "&#8203;";

bool of_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '+';
}

// ":tada:" is a picture.
bool opens_picture(std::string_view rest) {
    const auto end =
        rest.substr(1).find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+");
    return end != std::string_view::npos && end > 0 && rest[end + 1] == ':';
}

// What GitHub finds in plain text opens here, and a gap after the first character hides it.
bool opens_reference(std::string_view rest, bool after_name) {
    switch (rest[0]) {
        case '@':
        case '#':
            return true;
        case ':':
            return rest.starts_with("://") || opens_picture(rest);
        case 'w':
        case 'W':
            return !after_name && rest.size() > 3 && (rest[1] | 0x20) == 'w' && (rest[2] | 0x20) == 'w' &&
                   rest[3] == '.';
        case 'G':
        case 'g':
            return !after_name && rest.size() > 3 && (rest[1] | 0x20) == 'h' && rest[2] == '-';
        default:
            return false;
    }
}

std::string_view reference_of(char c) {
    switch (c) {
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '&':
            return "&amp;";
        case '|':
            return "&#124;";
        case '$':
            return "&#36;";
        case '`':
            return "&#96;";
        default:
            return {};
    }
}

std::string escaped_percent(std::string_view text, std::string_view which) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        if (which.find(c) == std::string_view::npos) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += digits[byte >> 4];
        out += digits[byte & 15];
    }
    return out;
}

std::string xml_escaped(std::string_view printed) {
    std::string out;
    for (std::size_t i = 0; i < printed.size(); ++i) {
        // U+FFFE and U+FFFF are no characters of XML (1.0, 2.2); everything else that is none is gone by now.
        if (printed.substr(i, 2) == "\xEF\xBF" && i + 2 < printed.size() &&
            (printed[i + 2] == '\xBE' || printed[i + 2] == '\xBF')) {
            out += "\xEF\xBF\xBD";
            i += 2;
            continue;
        }
        switch (printed[i]) {
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '&':
                out += "&amp;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += printed[i];
        }
    }
    return out;
}

}  // namespace

std::string cut(std::string_view text, std::size_t most) {
    std::string line = one_line(text);
    if (columns_of(line) <= most) return line;
    std::size_t points = 0, at = 0;
    while (at < line.size()) {
        if ((static_cast<unsigned char>(line[at]) & 0xC0) != 0x80 && ++points > most - std::min<std::size_t>(3, most))
            break;
        ++at;
    }
    return line.substr(0, at) + "...";
}

std::string github_text(std::string_view text) {
    const std::string line = one_line(text);
    std::string out;
    bool after_name = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        const auto reference = reference_of(c);
        if (!reference.empty()) {
            out += reference;
        } else {
            if (std::string_view("\\*_[]#~!").find(c) != std::string_view::npos) out += '\\';
            out += c;
        }
        if (opens_reference(std::string_view(line).substr(i), after_name)) out += gap;
        after_name = of_name(c);
    }
    return out;
}

std::string github_code(std::string_view text) {
    const std::string line = one_line(text);
    if (line.empty()) return "(empty)";
    std::string out = "<code>";
    bool after_name = false;
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        // Markdown is still read within the element, so each of its marks is a reference, and so is what opens an
        // address. An address of mail is looked for once more after that: a comment parts it.
        const bool opens = (c | 0x20) == 'w' && opens_reference(std::string_view(line).substr(i), after_name);
        after_name = of_name(c);
        if (opens || std::string_view("\\*_[]#~!:@").find(c) != std::string_view::npos)
            out += "&#" + std::to_string(static_cast<int>(c)) + (c == '@' ? ";<!-- -->" : ";");
        else if (const auto reference = reference_of(c); !reference.empty())
            out += reference;
        else
            out += c;
    }
    return out + "</code>";
}

std::string workflow_message(std::string_view text) {
    return escaped_percent(printable(text), "%\r\n");
}

std::string workflow_property(std::string_view text) {
    return escaped_percent(one_line(text), "%\r\n:,");
}

std::string xml_text(std::string_view text) {
    return xml_escaped(printable(text));
}

std::string xml_line(std::string_view text) {
    return xml_escaped(one_line(text));
}

}  // namespace understudy::report::detail
