// The input as replies: each that is a shape by CLUSTER SLOTS has one owner or none for each slot, primaries in order,
// and is no change of itself; two of them differ in words just where they differ. The input as CLUSTER NODES as well.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "keyspace/slot.h"
#include "net/topology.h"

namespace {

using namespace understudy;

void hold(bool true_then) {
    if (!true_then) std::abort();
}

void check(const net::topology& one) {
    std::size_t served = 0, missing = 0;
    for (std::uint16_t slot = 0; slot < keyspace::slot_count; ++slot)
        if (const auto index = one.owner(slot)) {
            hold(*index < one.primaries().size());
            ++served;
        }
    for (const auto& range : one.uncovered())
        missing += static_cast<std::size_t>(range.to - range.from) + 1;
    hold(served + missing == keyspace::slot_count);
    for (std::size_t i = 1; i < one.primaries().size(); ++i)
        hold(one.primaries()[i - 1].id < one.primaries()[i].id);
    hold(net::changed(one, one).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)net::own_line_of(text, "fuzz");
    resp::value_builder builder;
    resp::value reply;
    std::optional<net::topology> before;
    std::string_view rest = text;
    for (int turn = 0; turn < 4 && builder.next(rest, reply) == resp::status::token; ++turn) {
        if (const auto to = net::redirection_of(reply, {"h", 1}))
            hold(to->slot < keyspace::slot_count && to->to.port > 0);
        auto read = net::topology::read(reply, {"127.0.0.1", 6379}, "fuzz");
        if (!read) continue;
        check(*read);
        if (before) hold(net::changed(*before, *read).empty() == before->same_owners(*read));
        before = std::move(*read);
    }
    return 0;
}
