// stats/distributions.h - the distribution functions that the tests and intervals stand on.
//
// The regularised incomplete beta function by its continued fraction (DLMF 8.17.22, modified Lentz), in long double;
// Student's t and the binomial tails follow from it (DLMF 8.17.5; Abramowitz and Stegun 26.5.24, 26.5.27). Inverses by
// bisection: some 100 evaluations, exact to the last few bits of a double. Absolute error below 1e-12 up to a million
// trials.
//
// Pure functions, safe from any thread. Arguments outside a function's domain give a NaN.
#pragma once

#include <cstdint>

namespace understudy::stats {

// log(Gamma(x)), x > 0. Unlike std::lgamma it writes no global.
[[nodiscard]] long double log_gamma(long double x);
// I_x(a, b): a, b > 0, x in [0, 1].
[[nodiscard]] double incomplete_beta(double a, double b, double x);
// The x with I_x(a, b) = p, p in [0, 1].
[[nodiscard]] double incomplete_beta_inverse(double a, double b, double p);

// P(T <= t) and its inverse, p in (0, 1), for `freedom` > 0 degrees of freedom.
[[nodiscard]] double student_cdf(double t, double freedom);
[[nodiscard]] double student_quantile(double p, double freedom);

[[nodiscard]] double normal_cdf(double z);
[[nodiscard]] double normal_quantile(double p);  // p in (0, 1)

// P(X <= k) for X binomial(n, share).
[[nodiscard]] double binomial_cdf(std::uint64_t k, std::uint64_t n, double share);

}  // namespace understudy::stats
