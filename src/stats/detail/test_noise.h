// stats/detail/test_noise.h - seeded noise of known shape, for the simulations in the tests only.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <vector>

#include "base/random.h"

namespace understudy::stats::test {

enum class shape : std::uint8_t {
    normal,
    lognormal_pair,  // the difference of two lognormals with sigma 1: what two arms with the same skewed noise give
    heavy_tailed     // Student's t with 3 degrees of freedom
};

class noise {
public:
    explicit noise(std::uint64_t seed) : random_(seed) {}

    // Box and Muller 1958.
    double normal() {
        const double radius = std::sqrt(-2 * std::log(1 - random_.unit()));
        return radius * std::cos(2 * std::numbers::pi * random_.unit());
    }
    // Symmetric about 0.
    double draw(shape kind) {
        if (kind == shape::normal) return normal();
        if (kind == shape::lognormal_pair) return std::exp(normal()) - std::exp(normal());
        const double top = normal();
        const double a = normal();
        const double b = normal();
        const double c = normal();
        return top / std::sqrt((a * a + b * b + c * c) / 3);
    }
    std::vector<double> draw(shape kind, std::size_t count, double shift = 0) {
        std::vector<double> values(count);
        for (double& value : values)
            value = shift + draw(kind);
        return values;
    }
    seeded_random& random() { return random_; }

private:
    seeded_random random_;
};

}  // namespace understudy::stats::test
