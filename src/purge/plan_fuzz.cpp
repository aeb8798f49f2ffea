// Any text as the digest of a plan: it holds only where it is the digest of this plan, made in time.
#include <cstdint>
#include <cstdlib>

#include "purge/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace understudy;
    const std::string text(reinterpret_cast<const char*>(data), size);
    purge::plan now;
    now.at = wall_time{std::chrono::milliseconds{1'764'316'800'000}};
    now.environment = "production";
    purge::pattern_count one;
    one.pattern = "shop:*";
    one.keys = 121;
    now.patterns = {one};
    if (purge::still_holds(text, now) && !text.starts_with("17643")) std::abort();
    return 0;
}
