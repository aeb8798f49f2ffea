#include "http/freshness.h"

#include <gtest/gtest.h>

namespace understudy::http {
namespace {

using std::chrono::seconds;

lifetime of(const headers& fields) {
    return shared_lifetime(fields);
}

TEST(freshness, the_order_of_rfc_9111_4_2_1) {
    headers all{{"Cache-Control", "max-age=60, s-maxage=600"},
                {"Date", "Mon, 23 Nov 2026 10:00:00 GMT"},
                {"Expires", "Mon, 23 Nov 2026 10:05:00 GMT"},
                {"Last-Modified", "Mon, 23 Nov 2026 09:00:00 GMT"}};
    EXPECT_EQ(of(all).length, seconds{600});
    EXPECT_EQ(of(all).from, lifetime_source::s_maxage);
    all[0].value = "max-age=60";
    EXPECT_EQ(of(all).length, seconds{60});
    all[0].value = "public";
    EXPECT_EQ(of(all).length, seconds{300});
    EXPECT_EQ(of(all).from, lifetime_source::expires);
    all.erase(all.begin() + 2);
    EXPECT_EQ(of(all).length, seconds{360}) << "a tenth of the hour since it was changed";
    EXPECT_EQ(of(all).from, lifetime_source::heuristic);
    EXPECT_EQ(of({}).length, std::nullopt);
    EXPECT_EQ(of({}).from, lifetime_source::none);
}

TEST(freshness, what_cannot_be_read_is_stale) {
    EXPECT_EQ(of({{"Date", "Mon, 23 Nov 2026 10:00:00 GMT"}, {"Expires", "0"}}).length, seconds{0});
    EXPECT_EQ(of({{"Cache-Control", "max-age=soon"}}).length, seconds{0});
}

TEST(freshness, an_end_before_the_beginning_is_zero) {
    EXPECT_EQ(of({{"Date", "Mon, 23 Nov 2026 10:00:00 GMT"}, {"Expires", "Mon, 23 Nov 2026 09:00:00 GMT"}}).length,
              seconds{0});
}

TEST(freshness, expires_without_a_date_says_nothing) {
    EXPECT_EQ(of({{"Expires", "Mon, 23 Nov 2026 09:00:00 GMT"}}).length, std::nullopt);
}

}  // namespace
}  // namespace understudy::http
