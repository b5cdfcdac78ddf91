#include "instruction_sets.h"

#include <stddef.h>

// The body is inlined into a function for each instruction set, and its loop made of that set's vectors.
#define INLINE static inline __attribute__((always_inline))
#define ROUNDING long count, const float *values, float scale, int levels, uint64_t key, uint64_t first, signed char *codes

// CounterRandom.swift
INLINE uint64_t random_bits(uint64_t key, uint64_t index) {
    uint64_t x = key + (index + 1) * 0x9E3779B97F4A7C15;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9;
    x = (x ^ x >> 27) * 0x94D049BB133111EB;
    return x ^ x >> 31;
}

INLINE void round_values(ROUNDING) {
    for (long i = 0; i < count; i++) {
        float quotient = values[i] / scale;
        int below = (int)quotient;
        below -= (float)below > quotient;
        float draw = (float)(int)(random_bits(key, first + (uint64_t)i) >> 40) * 0x1p-24f;
        int code = below + (draw < quotient - (float)below);
        // The quotient of the largest magnitude can be one rounding error more than `levels`.
        code = code > levels ? levels : code;
        codes[i] = (signed char)(code < -levels ? -levels : code);
    }
}

static void round_baseline(ROUNDING) { round_values(count, values, scale, levels, key, first, codes); }

#if defined(__x86_64__)
AVX2 static void round_avx2(ROUNDING) { round_values(count, values, scale, levels, key, first, codes); }

AVX512 static void round_avx512(ROUNDING) { round_values(count, values, scale, levels, key, first, codes); }
#endif

cu_round *cu_round_baseline(void) { return round_baseline; }

cu_round *cu_round_for(cu_instruction_set set) {
    if (!cu_has(set)) return NULL;
#if defined(__x86_64__)
    if (set == CU_AVX512) return round_avx512;
    if (set == CU_AVX2) return round_avx2;
#endif
    return round_baseline;
}
