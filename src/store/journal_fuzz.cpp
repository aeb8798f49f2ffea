// Any bytes as a journal: no crash, and what is read is what writing it again gives.
#include <cstdint>
#include <cstdlib>

#include "store/journal.h"

using namespace understudy::store;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto read = parse_journal(bytes);
    if (!read) return 0;
    if (read->whole_bytes > size) std::abort();
    if (read->whole_bytes == 0) {
        if (!read->records.empty()) std::abort();
        return 0;
    }
    std::string again = "understudy-journal 1\n";
    for (std::size_t i = 0; i < read->records.size(); ++i)
        again += journal_line(i + 1, read->records[i]);
    if (read->ends_open) again.pop_back();
    if (again != bytes.substr(0, read->whole_bytes)) std::abort();
    return 0;
}
