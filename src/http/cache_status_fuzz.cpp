// Any bytes as header fields, one "name: value" a line: reading them ends, keeps the limits, and no member both hits
// and goes forward.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "http/cache_control.h"
#include "http/cache_status.h"
#include "http/storing.h"
#include "http/structured.h"
#include "http/targeted_control.h"

namespace {

using namespace understudy;

http::headers fields_of(std::string_view text) {
    http::headers fields;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        const auto colon = line.find(':');
        if (colon != std::string_view::npos)
            fields.push_back({std::string(line.substr(0, colon)), std::string(http::trim(line.substr(colon + 1)))});
        text.remove_prefix(std::min(line.size() + 1, text.size()));
    }
    return fields;
}

void require(bool holds) {
    if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto fields = fields_of(text);
    (void)http::check(fields);
    const auto report = http::read_cache_status(fields);
    require(report.members.size() <= http::max_structured_members);
    for (const auto& member : report.members) {
        require(!(member.hit && member.forwarded));
        require(!member.source.empty());
        require(!member.expired || member.hit);
    }
    if (!report.members.empty()) require(report.nearest() != nullptr);
    require(report.stored.has_value() == !report.stored_source.empty());
    if (const auto* by = report.answered_in_front()) require(by->hit && !by->expired);
    // The same answer twice was missed twice or not at all.
    require(http::judge_storing(report, report).is != http::storing::stored);
    for (const auto& member : report.members)
        (void)http::what_forbids_storing(fields, member);
    (void)http::parse_sf_dictionary(text);
    if (const auto targeted = http::parse_targeted_control(text)) {
        for (const auto& directive : targeted->directives)
            require(!directive.name.empty());
    }
    (void)http::parse_sf_list(text);
    (void)http::read_vary(fields);
    (void)http::parse_entity_tag(text);
    (void)http::shared_cache_may_store(fields, {});
    for (const auto& directive : http::parse_cache_control(text).directives)
        require(http::is_token(directive.name));
    return 0;
}
