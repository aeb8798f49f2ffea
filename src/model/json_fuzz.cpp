// Any bytes as each JSON noun that is read. What is read is written the same way ever after.
#include <cstdint>
#include <cstdlib>

#include "model/drift.h"
#include "model/json.h"
#include "model/profile.h"

namespace {

using namespace understudy::model;

template <class Read>
void read_it(std::string_view text, Read read_one) {
    const auto read = read_one(text);
    if (!read) return;
    const auto once = to_json(*read);
    const auto again = read_one(once);
    if (!again || to_json(*again) != once) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    read_it(text, read_measurement);
    read_it(text, read_evidence);
    read_it(text, read_checklist);
    read_it(text, read_profile);
    read_it(text, read_drift);
    read_it(text, read_journal_record);
    (void)assemble({std::string(text)});
    return 0;
}
