// model/detail/test_files.h - what the tests of this module read from the tree. A missing file or folder fails the
// test.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace understudy::model::detail {

inline std::filesystem::path source_path(const std::string& below) {
    return std::filesystem::path(UNDERSTUDY_SOURCE_DIR) / below;
}

inline std::string contents(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) ADD_FAILURE() << path << " is missing";
    return {std::istreambuf_iterator<char>(file), {}};
}

// The files of a folder whose names open with `prefix`, sorted; at least `least` of them.
inline std::vector<std::filesystem::path> files(const std::string& folder, std::string_view prefix, std::size_t least) {
    std::vector<std::filesystem::path> out;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(source_path(folder), none))
        if (entry.path().filename().string().starts_with(prefix)) out.push_back(entry.path());
    std::ranges::sort(out);
    if (out.size() < least) ADD_FAILURE() << folder << " has " << out.size() << " of at least " << least << " files";
    return out;
}

}  // namespace understudy::model::detail
