// snapshot/notable_keys.h - the few keys of which a number is the largest, out of any many. In whatever order they
// come, or apart and merged, the same ones are kept: of equal numbers the names decide.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace understudy::snapshot {

class notable_keys {
public:
    static constexpr std::size_t most = 10;
    static constexpr std::size_t longest_name = 1024;  // of a longer one the first bytes are kept

    struct one {
        std::uint64_t number = 0;
        int database = 0;
        std::string name;
    };

    void add(std::uint64_t number, int database, std::string_view name) {
        if (number == 0 || (kept_.size() == most && number < kept_.back().number)) return;
        insert({number, database, std::string(name.substr(0, longest_name))});
    }
    void merge(const notable_keys& other) {
        for (const auto& key : other.kept_)
            insert(key);
    }

    // The largest first.
    [[nodiscard]] const std::vector<one>& keys() const { return kept_; }

private:
    void insert(one key);

    std::vector<one> kept_;
};

}  // namespace understudy::snapshot
