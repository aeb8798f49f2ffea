#include "report/tone.h"

namespace understudy::report {

namespace {

std::string_view code_of(tone colour) {
    switch (colour) {
        case tone::good:
            return "\x1b[32m";
        case tone::bad:
            return "\x1b[31m";
        case tone::warn:
            return "\x1b[33m";
        case tone::dim:
            return "\x1b[2m";
        case tone::strong:
            return "\x1b[1m";
        case tone::plain:
            break;
    }
    return {};
}

}  // namespace

std::string paint(std::string_view text, tone colour, bool coloured) {
    const std::string_view code = code_of(colour);
    if (!coloured || code.empty() || text.empty()) return std::string(text);
    return std::string(code) + std::string(text) + "\x1b[0m";
}

}  // namespace understudy::report
