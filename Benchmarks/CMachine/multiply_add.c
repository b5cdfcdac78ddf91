#include "CMachine.h"

// Contracts x * factor + term into one instruction where the target has one.
#pragma STDC FP_CONTRACT ON

// Results go here, so that the compiler must compute them.
static volatile float sink;

// Each chain waits for itself alone, so enough chains hide the latency: 4 or 5 cycles on two units need 10, on Arm's four
// units 16. Chains start apart, else the compiler would see that they are one.
#define MULTIPLY_ADD(name, attributes, lanes, chains)                                                       \
    attributes static double name(long rounds) {                                                            \
        typedef float vector __attribute__((vector_size(4 * lanes)));                                       \
        vector sums[chains], factor, term;                                                                  \
        for (int lane = 0; lane < lanes; lane++) factor[lane] = 0.999999f, term[lane] = 1e-7f;              \
        for (int chain = 0; chain < chains; chain++) sums[chain] = term * (float)chain;                     \
        for (long round = 0; round < rounds; round++) {                                                     \
            _Pragma("clang loop unroll(full)")                                                              \
            for (int chain = 0; chain < chains; chain++) sums[chain] = sums[chain] * factor + term;         \
        }                                                                                                   \
        for (int chain = 1; chain < chains; chain++) sums[0] += sums[chain];                                \
        sink = sums[0][0];                                                                                  \
        return 2.0 * lanes * chains * (double)rounds;                                                       \
    }

#if defined(__x86_64__)
MULTIPLY_ADD(multiply_add_128, , 4, 12)
MULTIPLY_ADD(multiply_add_256, __attribute__((target("avx2,fma"))), 8, 12)
MULTIPLY_ADD(multiply_add_512, __attribute__((target("avx512f"))), 16, 12)
#else
MULTIPLY_ADD(multiply_add_128, , 4, 16)
#endif

double cm_multiply_add(int bits, long rounds) {
    switch (bits) {
    case 128: return multiply_add_128(rounds);
#if defined(__x86_64__)
    case 256:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? multiply_add_256(rounds) : 0;
    case 512: return __builtin_cpu_supports("avx512f") ? multiply_add_512(rounds) : 0;
#endif
    default: return 0;
    }
}
