// Any lines as targets: nothing is lost or counted twice, no address and no line break comes through, and each input
// has a value for each placeholder.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "discover/project_text.h"
#include "discover/routes.h"

namespace {

using namespace understudy::discover;

void hold(const found_route& one) {
    if (!one.path.starts_with('/') || one.path.starts_with("//")) std::abort();
    for (const char c : one.path)
        if (c <= 0x20 || c >= 0x7f || c == '@' || c == '?' || c == '#' || c == '\\' || c == '"') std::abort();
    if (one.inputs.size() > miner_limits{}.examples) std::abort();
    for (const auto& input : one.inputs)
        for (const auto& [name, value] : input) {
            if (one.path.find("{" + name + "}") == std::string::npos || value.empty()) std::abort();
            if (value.find('@') != std::string::npos || value.find('\n') != std::string::npos) std::abort();
        }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    miner_limits limits;
    limits.nodes = 200;
    limits.words = 8;
    route_miner miner(limits);
    std::uint64_t added = 0;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        miner.add(line);
        ++added;
    }
    const auto found = std::move(miner).finish();
    std::uint64_t told = 0;
    std::vector<std::string> names;
    for (const auto& one : found.routes) {
        hold(one);
        told += one.requests;
        names.push_back(route_name(one.path, names));
    }
    for (const auto count : found.left_out)
        told += count;
    for (const auto& one : found.queries)
        told += one.requests;
    // Queries whose names are no plain words are not told of.
    if (told > added) std::abort();
    project_parts parts;
    parts.queries = found.queries;
    if (project_text(parts).find('\r') != std::string::npos) std::abort();
    return 0;
}
