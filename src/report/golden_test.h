// report/golden_test.h - outputs as they were looked at and approved: tests/golden/report/NAME.
// UNDERSTUDY_UPDATE_GOLDEN=1 writes them anew; look at the difference before it is committed.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

namespace understudy::report {

inline void expect_golden(const std::string& name, const std::string& is) {
    const std::string path = std::string(UNDERSTUDY_SOURCE_DIR) + "/tests/golden/report/" + name;
    if (std::getenv("UNDERSTUDY_UPDATE_GOLDEN")) {
        std::ofstream(path, std::ios::binary) << is;
        return;
    }
    std::ifstream file(path, std::ios::binary);
    ASSERT_TRUE(file) << path << " is missing; UNDERSTUDY_UPDATE_GOLDEN=1 writes it";
    std::stringstream was;
    was << file.rdbuf();
    EXPECT_EQ(is, was.str()) << path;
}

}  // namespace understudy::report
