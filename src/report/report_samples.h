// report/report_samples.h - evidence by hand, for the tests of this module. Numbers are those of a small shop.
#pragma once

#include "model/evidence.h"

namespace understudy::report::samples {

// Revision 2 of the shop: the category page asks the database 2 times instead of 22.
[[nodiscard]] model::evidence improved();
// Revision 4: a cache key that forgets the member.
[[nodiscard]] model::evidence leaking();
// A FLUSHALL by somebody else in the third block.
[[nodiscard]] model::evidence disturbed();
// Nothing that could be told from the noise; the database's calls are unknown.
[[nodiscard]] model::evidence inconclusive();
// Ctrl-C while the noise was measured.
[[nodiscard]] model::evidence stopped();
// Improved, but two keys and a setting are not as before.
[[nodiscard]] model::evidence rollback_incomplete();
// CONFIG SET maxmemory-policy, expected and found the same.
[[nodiscard]] model::evidence setting();
// improved(), with the text in every field that comes from outside.
[[nodiscard]] model::evidence with_text_everywhere(const std::string& text);

}  // namespace understudy::report::samples
