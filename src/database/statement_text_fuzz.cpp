// Any bytes as a statement, in both dialects: no quote of a string is left, the length is bounded, and any bytes that
// are written as one string literal leave nothing but a question mark.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "database/statement_text.h"

namespace {

using namespace understudy::database;

void require(bool holds) {
    if (!holds) std::abort();
}

std::string literal(std::string_view text, bool backslashes) {
    std::string out = "'";
    for (const char c : text) {
        if (c == '\'' || (backslashes && c == '\\')) out += c;
        out += c;
    }
    return out + "'";
}

void look(std::string_view text, dialect spoken) {
    const auto shown = shown_statement(text, spoken);
    require(shown.size() <= max_statement_text);
    require(shown.find('\'') == std::string::npos);
    (void)asks_for_data(text, spoken);
    const std::string statement = "select a from b where c = " + literal(text, spoken == dialect::mysql) + " limit 1";
    require(shown_statement(statement, spoken) == "select a from b where c = ? limit ?");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    look(text, dialect::postgresql);
    look(text, dialect::mysql);
    return 0;
}
