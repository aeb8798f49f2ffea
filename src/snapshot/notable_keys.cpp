#include "snapshot/notable_keys.h"

#include <algorithm>
#include <tuple>

namespace understudy::snapshot {

void notable_keys::insert(one key) {
    const auto larger = [](const one& left, const one& right) {
        return std::tie(right.number, left.database, left.name) < std::tie(left.number, right.database, right.name);
    };
    const auto at = std::ranges::lower_bound(kept_, key, larger);
    // SCAN tells a key twice now and then.
    if (at != kept_.end() && at->number == key.number && at->database == key.database && at->name == key.name) return;
    if (kept_.size() == most && at == kept_.end()) return;
    kept_.insert(at, std::move(key));
    if (kept_.size() > most) kept_.pop_back();
}

}  // namespace understudy::snapshot
