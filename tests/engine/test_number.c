/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The exponential of number.h: close to the true one, and its very bits, which every compiler and machine must give. */
#include <math.h>

#include "expect.h"
#include "math/number.h"

static uint32_t bits_of(float v)
{
    uint32_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits;
}

int main(void)
{
    Tally t = { .name = "test_number" };
    uint32_t sum = 2166136261u;
    double worst = 0;

    for (int i = -87 * 4096; i <= 20 * 4096; i++) {
        const float x = (float)i / 4096, got = lac_exp(x);
        const double off = fabs((double)got / exp((double)x) - 1);

        worst = off > worst ? off : worst;
        sum = (sum ^ bits_of(got)) * 16777619u;
    }
    expect(&t, worst < 2.4e-7, "off by %g of the value", worst);
    expect(&t, sum == 0xc375d292u, "other bits than ever: %08x", sum);
    expect(&t, lac_exp(0) == 1 && lac_exp(-0.0f) == 1, "e^0 is %a", lac_exp(0));
    expect(&t, lac_exp(-88) == 0 && lac_exp(-1e9f) == 0 && lac_exp(-INFINITY) == 0, "far below");
    expect(&t, lac_exp(-87) > 0, "not so far below");
    return tally_end(&t);
}
