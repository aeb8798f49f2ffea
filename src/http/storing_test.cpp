#include "http/storing.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

struct row {
    headers first, second;
    storing expected;
};

TEST(storing, two_answers_in_order) {
    using enum storing;
    const auto said = [](const char* value) { return headers{{"X-Cache-Status", value}}; };
    const auto fastly = [](const char* value) { return headers{{"X-Cache", value}, {"X-Served-By", "a"}}; };
    const auto list = [](const char* value) { return headers{{"Cache-Status", value}}; };
    const std::vector<row> rows{
        {said("MISS"), said("HIT"), stored},
        {said("MISS"), said("UPDATING"), stored},
        {said("EXPIRED"), said("HIT"), stored},
        {said("MISS"), said("MISS"), not_stored},
        {said("EXPIRED"), said("EXPIRED"), not_stored},
        {said("MISS"), said("BYPASS"), unknown},
        {said("MISS"), {}, unknown},
        {said("HIT"), said("HIT"), unknown},
        {said("HIT"), said("MISS"), unknown},
        {said("BYPASS"), said("HIT"), unknown},
        {{}, said("HIT"), unknown},
        {{}, {}, unknown},
        {said("MISS"), {{"CF-Cache-Status", "HIT"}}, unknown},
        {list("a; fwd=miss"), list("b; hit"), unknown},
        // Age, in order.
        {{{"X-Cache-Status", "MISS"}, {"Age", "0"}}, {{"X-Cache-Status", "MISS"}, {"Age", "1"}}, unknown},
        {{{"X-Cache-Status", "MISS"}, {"Age", "9"}}, {{"X-Cache-Status", "MISS"}, {"Age", "9"}}, not_stored},
        {{{"X-Cache-Status", "MISS"}, {"Age", "9"}}, {{"X-Cache-Status", "MISS"}, {"Age", "10"}}, unknown},
        {{{"X-Varnish", "7"}}, {{"X-Varnish", "9 8"}, {"Age", "0"}}, stored},
        {{{"X-Varnish", "7"}}, {{"X-Varnish", "9"}}, not_stored},
        // A miss that may be a pass.
        {fastly("MISS"), fastly("HIT"), stored},
        {fastly("MISS"), fastly("MISS"), not_stored},
        // What the cache said itself; what is seen afterwards outweighs it.
        {list("c; fwd=miss; stored"), list("c; hit"), stored},
        {list("c; fwd=miss; stored"), list("c; fwd=miss; stored"), not_stored},
        {list("c; fwd=miss; stored=?0"), list("c; fwd=bypass"), not_stored},
        {list("c; fwd=miss; stored=?0"), list("c; hit"), stored},
        {{{"X-Cache", "MISS"}, {"X-Cacheable", "NO:Private"}}, {{"X-Cache", "BYPASS"}}, not_stored},
        {{{"X-Cache", "HIT-FOR-MISS"}}, {{"X-Cache", "HIT-FOR-MISS"}}, not_stored},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto& [first, second, expected] = rows[i];
        const auto verdict = judge_storing(read_cache_status(first), read_cache_status(second));
        EXPECT_EQ(verdict.is, expected) << "row " << i << ": " << verdict.why;
        EXPECT_FALSE(verdict.why.empty());
    }
}

TEST(storing, says_where_a_miss_may_be_a_pass) {
    const auto once = read_cache_status({{"X-Varnish", "7"}});
    EXPECT_NE(judge_storing(once, once).why.find("passed by"), std::string_view::npos);
    const auto kept = read_cache_status({{"X-LiteSpeed-Cache", "miss"}});
    EXPECT_NE(judge_storing(kept, kept).why.find("said that it stored"), std::string_view::npos);
}

}  // namespace
}  // namespace understudy::http
