#include "report/html.h"

#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "report/golden_test.h"
#include "report/report_samples.h"

namespace understudy::report {

TEST(html, looks) {
    expect_golden("improved.html", html(samples::improved()));
    if (const char* to = std::getenv("UNDERSTUDY_REPORT_PREVIEW")) {
        const auto write = [&](const char* name, const model::evidence& of) { std::ofstream(std::string(to) + "/" + name) << html(of); };
        write("improved.html", samples::improved());
        write("leaking.html", samples::leaking());
        write("disturbed.html", samples::disturbed());
        write("inconclusive.html", samples::inconclusive());
        write("stopped.html", samples::stopped());
        write("rollback.html", samples::rollback_incomplete());
        write("setting.html", samples::setting());
        write("escaped.html", samples::with_text_everywhere("<script>alert(1)</script>"));
    }
}

}  // namespace understudy::report
