// stats/distributions.cpp
#include "stats/distributions.h"

#include <cmath>
#include <limits>
#include <numbers>

#include <math.h>

namespace understudy::stats {
namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

// The continued fraction of DLMF 8.17.22 by the modified Lentz method; converges fast for x < (a + 1) / (a + b + 2).
// Some sqrt(max(a, b)) steps.
long double beta_fraction(long double a, long double b, long double x) {
    constexpr long double tiny = 1e-4000L;
    const auto apart = [](long double value) { return std::fabs(value) < tiny ? tiny : value; };
    long double c = 1;
    long double d = 1 / apart(1 - (a + b) * x / (a + 1));
    long double value = d;
    for (int m = 1; m <= 200'000; ++m) {
        const auto step = static_cast<long double>(m);
        const long double even = step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step));
        d = 1 / apart(1 + even * d);
        c = apart(1 + even / c);
        value *= d * c;
        const long double odd = -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1));
        d = 1 / apart(1 + odd * d);
        c = apart(1 + odd / c);
        value *= d * c;
        if (std::fabs(d * c - 1) < 1e-18L) break;
    }
    return value;
}

// x^a (1-x)^b / (a B(a, b)), times the fraction.
long double beta_below(long double a, long double b, long double x) {
    const long double log_front = log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * std::log(x) + b * std::log1p(-x);
    return std::exp(log_front) * beta_fraction(a, b, x) / a;
}

// The root of a rising function in [low, high], to the last bits.
template <class Rising>
double bisect(double low, double high, Rising above) {
    for (int i = 0; i < 2000; ++i) {
        const double middle = low + (high - low) / 2;
        if (middle <= low || middle >= high) break;
        (above(middle) ? high : low) = middle;
        if (high - low <= 1e-16 * std::fabs(low)) break;
    }
    return low + (high - low) / 2;
}

}  // namespace

long double log_gamma(long double x) {
    int sign = 0;
    return ::lgammal_r(x, &sign);
}

double incomplete_beta(double a, double b, double x) {
    if (!(a > 0) || !(b > 0) || !(x >= 0 && x <= 1)) return not_a_number;
    if (x == 0 || x == 1) return x;
    if (x < (a + 1) / (a + b + 2)) return static_cast<double>(beta_below(a, b, x));
    return static_cast<double>(1 - beta_below(b, a, 1 - static_cast<long double>(x)));
}

double incomplete_beta_inverse(double a, double b, double p) {
    if (!(a > 0) || !(b > 0) || !(p >= 0 && p <= 1)) return not_a_number;
    if (p == 0 || p == 1) return p;
    return bisect(0, 1, [&](double x) { return incomplete_beta(a, b, x) >= p; });
}

double student_cdf(double t, double freedom) {
    if (!(freedom > 0) || std::isnan(t)) return not_a_number;
    if (std::isinf(t)) return t > 0 ? 1 : 0;
    const double square = t * t;
    // Each form loses digits where its argument is near 1, so the smaller argument is used.
    if (square < freedom) {
        const double half = incomplete_beta(0.5, freedom / 2, square / (freedom + square)) / 2;
        return t < 0 ? 0.5 - half : 0.5 + half;
    }
    const double tail = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square)) / 2;
    return t < 0 ? tail : 1 - tail;
}

double student_quantile(double p, double freedom) {
    if (!(freedom > 0) || !(p > 0 && p < 1)) return not_a_number;
    if (p == 0.5) return 0;
    const bool left = p < 0.5;
    const double tail = left ? p : 1 - p;
    const double inner = incomplete_beta_inverse(0.5, freedom / 2, 1 - 2 * tail);
    double t = 0;
    if (inner <= 0.5) {
        t = std::sqrt(freedom * inner / (1 - inner));
    } else {
        const double outer = incomplete_beta_inverse(freedom / 2, 0.5, 2 * tail);
        t = std::sqrt(freedom * (1 - outer) / outer);
    }
    return left ? -t : t;
}

double normal_cdf(double z) {
    return std::erfc(-z / std::numbers::sqrt2) / 2;
}

double normal_quantile(double p) {
    if (!(p > 0 && p < 1)) return not_a_number;
    if (p == 0.5) return 0;
    // In the lower half the distribution function keeps its relative precision.
    if (p > 0.5) return -normal_quantile(1 - p);
    return bisect(-40, 0, [&](double z) { return normal_cdf(z) >= p; });
}

double binomial_cdf(std::uint64_t k, std::uint64_t n, double share) {
    if (!(share >= 0 && share <= 1)) return not_a_number;
    if (k >= n) return 1;
    return incomplete_beta(static_cast<double>(n - k), static_cast<double>(k) + 1, 1 - share);
}

}  // namespace understudy::stats
