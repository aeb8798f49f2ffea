#include "stats/distributions.h"

#include <cmath>
#include <vector>

#include <gtest/gtest.h>

namespace understudy::stats {
namespace {

struct beta_row {
    double a, b, x, value;
};

// Computed with 40 digits, by another method where a and b are whole: as a sum of binomial terms.
TEST(distributions, incomplete_beta_known_values) {
    const std::vector<beta_row> rows{{0.5, 0.5, 0.3, 0.36901011956554538276},
                                     {2, 3, 0.4, 0.5248},
                                     {5, 1, 0.9, 0.59049},
                                     {10, 200, 0.05, 0.60138956191295622696},
                                     {1000, 2000, 0.34, 0.78121509116064189302},
                                     {1, 1'000'000, 1e-6, 0.63212074276835490571},
                                     {50'000, 50'000, 0.501, 0.73645506170295836806},
                                     {0.5, 3.5, 0.01, 0.20202830476514899275}};
    for (const beta_row& row : rows) {
        EXPECT_NEAR(incomplete_beta(row.a, row.b, row.x), row.value, 1e-12) << row.a << " " << row.b;
        EXPECT_NEAR(incomplete_beta(row.b, row.a, 1 - row.x), 1 - row.value, 1e-10) << row.a << " " << row.b;
        EXPECT_NEAR(incomplete_beta_inverse(row.a, row.b, row.value) / row.x, 1, 1e-10) << row.a << " " << row.b;
    }
}

TEST(distributions, incomplete_beta_ends_and_nonsense) {
    EXPECT_EQ(incomplete_beta(2, 3, 0), 0);
    EXPECT_EQ(incomplete_beta(2, 3, 1), 1);
    EXPECT_EQ(incomplete_beta_inverse(2, 3, 0), 0);
    EXPECT_EQ(incomplete_beta_inverse(2, 3, 1), 1);
    EXPECT_TRUE(std::isnan(incomplete_beta(0, 3, 0.5)));
    EXPECT_TRUE(std::isnan(incomplete_beta(2, 3, 1.5)));
    EXPECT_TRUE(std::isnan(incomplete_beta_inverse(2, 3, std::nan(""))));
}

TEST(distributions, binomial_cdf_agrees_with_the_direct_sum) {
    for (const double share : {0.0, 0.001, 0.1, 0.5, 0.77, 1.0}) {
        for (const unsigned n : {1u, 2u, 9u, 40u}) {
            double sum = 0;
            double choose = 1;
            for (unsigned k = 0; k <= n; ++k) {
                sum += choose * std::pow(share, k) * std::pow(1 - share, n - k);
                EXPECT_NEAR(binomial_cdf(k, n, share), sum, 1e-12) << k << " of " << n << " at " << share;
                choose = choose * (n - k) / (k + 1);
            }
        }
    }
}

struct t_row {
    double freedom, p90, p95, p975, p99, p995;
};

// NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, critical values of Student's t.
TEST(distributions, student_quantiles_of_the_nist_table) {
    const std::vector<t_row> rows{{1, 3.078, 6.314, 12.706, 31.821, 63.657}, {2, 1.886, 2.920, 4.303, 6.965, 9.925},
                                  {3, 1.638, 2.353, 3.182, 4.541, 5.841},    {5, 1.476, 2.015, 2.571, 3.365, 4.032},
                                  {7, 1.415, 1.895, 2.365, 2.998, 3.499},    {9, 1.383, 1.833, 2.262, 2.821, 3.250},
                                  {11, 1.363, 1.796, 2.201, 2.718, 3.106},   {20, 1.325, 1.725, 2.086, 2.528, 2.845},
                                  {30, 1.310, 1.697, 2.042, 2.457, 2.750},   {100, 1.290, 1.660, 1.984, 2.364, 2.626}};
    for (const t_row& row : rows) {
        EXPECT_NEAR(student_quantile(0.90, row.freedom), row.p90, 0.00051) << row.freedom;
        EXPECT_NEAR(student_quantile(0.95, row.freedom), row.p95, 0.00051) << row.freedom;
        EXPECT_NEAR(student_quantile(0.975, row.freedom), row.p975, 0.00051) << row.freedom;
        EXPECT_NEAR(student_quantile(0.99, row.freedom), row.p99, 0.00051) << row.freedom;
        EXPECT_NEAR(student_quantile(0.995, row.freedom), row.p995, 0.00051) << row.freedom;
        EXPECT_NEAR(student_quantile(0.025, row.freedom) / student_quantile(0.975, row.freedom), -1, 1e-13);
    }
}

// Computed with 40 digits.
TEST(distributions, student_quantiles_are_accurate) {
    EXPECT_NEAR(student_quantile(0.975, 1), 12.706204736174705, 1e-11);
    EXPECT_NEAR(student_quantile(0.975, 5), 2.5705818356363155, 1e-12);
    EXPECT_NEAR(student_quantile(0.975, 7), 2.3646242515927853, 1e-12);
    EXPECT_NEAR(student_quantile(0.8, 7), 0.89602964431376495, 1e-12);
    EXPECT_NEAR(student_quantile(0.95, 11), 1.7958848187040441, 1e-12);
    EXPECT_NEAR(student_quantile(0.995, 2), 9.9248432009182931, 1e-12);
    EXPECT_NEAR(student_quantile(0.6, 3), 0.27667066233268991, 1e-12);
    EXPECT_NEAR(student_quantile(0.99995, 4), 15.544100581545679, 1e-9);
    EXPECT_NEAR(student_quantile(0.5000001, 9), 2.577087723647909e-7, 1e-15);
    EXPECT_EQ(student_quantile(0.5, 9), 0);
}

// One and two degrees of freedom have closed forms.
TEST(distributions, student_cdf_closed_forms) {
    for (const double t : {-1000.0, -3.0, -0.5, 0.0, 1e-6, 0.7, 1.0, 2.5, 80.0}) {
        EXPECT_NEAR(student_cdf(t, 1), 0.5 + std::atan(t) / std::acos(-1.0), 1e-14) << t;
        EXPECT_NEAR(student_cdf(t, 2), 0.5 + t / (2 * std::sqrt(2 + t * t)), 1e-14) << t;
        EXPECT_NEAR(student_cdf(t, 1e7), normal_cdf(t), 1e-6) << t;
    }
    EXPECT_EQ(student_cdf(INFINITY, 3), 1);
    EXPECT_TRUE(std::isnan(student_cdf(1, 0)));
}

TEST(distributions, quantiles_invert) {
    for (const double freedom : {1.0, 4.0, 7.0, 63.0}) {
        for (double p = 0.001; p < 1; p += 0.0107)
            EXPECT_NEAR(student_cdf(student_quantile(p, freedom), freedom), p, 1e-12);
    }
    for (double p = 0.0003; p < 1; p += 0.0107)
        EXPECT_NEAR(normal_cdf(normal_quantile(p)), p, 1e-14);
}

// Abramowitz and Stegun, table 26.5.
TEST(distributions, normal_quantiles) {
    EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
    EXPECT_NEAR(normal_quantile(0.995), 2.575829303548901, 1e-12);
    EXPECT_NEAR(normal_quantile(0.1), -1.281551565544600, 1e-12);
    EXPECT_EQ(normal_quantile(0.5), 0);
    EXPECT_TRUE(std::isnan(normal_quantile(0)));
}

}  // namespace
}  // namespace understudy::stats
