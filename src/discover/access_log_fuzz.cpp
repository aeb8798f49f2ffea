// Any bytes as an access log: in one piece and in two it counts the same, and what is told of it holds to its promises.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "discover/access_log.h"

namespace {

using namespace understudy::discover;

struct outcome {
    log_counts counts;
    found_routes found;
};

outcome read(std::string_view text, std::size_t cut) {
    miner_limits small;
    small.nodes = 60;
    small.words = 6;
    route_miner miner(small);
    log_reader reader(miner, log_time::by_look);
    reader.feed(text.substr(0, cut));
    reader.feed(text.substr(cut));
    reader.finish();
    return {reader.counts(), std::move(miner).finish()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto whole = read(text, text.size());
    const auto parts = read(text, text.size() / 2);
    if (whole.counts.taken != parts.counts.taken || whole.counts.lines != parts.counts.lines) std::abort();
    if (whole.found.routes.size() != parts.found.routes.size()) std::abort();
    return 0;
}
