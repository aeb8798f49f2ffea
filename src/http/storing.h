// http/storing.h - "missed" told from "not stored", by a second request.
//
// A miss says that the cache held no copy when it was asked. Whether it holds one since, hardly any cache says; the
// next answer does. The decision is about two answers to the same request of the same visitor, one after the
// other, with nothing removed in between. Pure; cost O(1).
#pragma once

#include <cstdint>
#include <string_view>

#include "http/cache_status.h"

namespace understudy::http {

enum class storing : std::uint8_t { unknown, stored, not_stored };

struct storing_verdict {
    storing is = storing::unknown;
    std::string_view why;  // for people
};

//   first answer      second answer                    then the first was
//   miss              hit, or served stale             stored
//   miss              miss, Age not above the first's  not stored; "passed by" where the cache calls that a miss too
//   miss              miss, Age above the first's      unknown: a cache further in kept it
//   miss              bypass, or nothing said          unknown
//   miss, "not kept"  anything but a hit               not stored, as the cache said itself
//   anything else     -                                unknown: nothing was missed
// Two answers whose nearest caches are told of by different headers are unknown.
[[nodiscard]] storing_verdict judge_storing(const cache_report& first, const cache_report& second);

}  // namespace understudy::http
