// Any bytes as each JSON noun that is read. What is read is written the same way ever after.
#include <cstdint>
#include <cstdlib>

#include "model/drift.h"
#include "model/json.h"
#include "model/profile.h"

namespace {

using namespace understudy::model;

template <class Read>
void check(std::string_view text, Read read_one) {
    const auto read = read_one(text);
    if (!read) return;
    const auto once = to_json(*read);
    const auto again = read_one(once);
    if (!again || to_json(*again) != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check(text, read_measurement);
    check(text, read_evidence);
    check(text, read_checklist);
    check(text, read_profile);
    check(text, read_drift);
    check(text, read_journal_record);
    (void)assemble({std::string(text)});
    return 0;
}
