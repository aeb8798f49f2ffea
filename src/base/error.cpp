#include "base/error.h"

namespace understudy {

std::string_view name_of(errc code) noexcept {
    switch (code) {
#define X(name, number, exit) \
    case errc::name:          \
        return #name;
        UNDERSTUDY_ERROR_CODES(X)
#undef X
    }
    return "unknown";
}

exit_code exit_of(errc code) noexcept {
    switch (code) {
#define X(name, number, exit) \
    case errc::name:          \
        return exit_code::exit;
        UNDERSTUDY_ERROR_CODES(X)
#undef X
    }
    return exit_code::unreachable;
}

std::string error::text() const {
    std::string out;
    if (!where.empty()) out += where + ": ";
    out += what;
    if (retry_safe) out += " (safe to try again)";
    return out;
}

}  // namespace understudy
