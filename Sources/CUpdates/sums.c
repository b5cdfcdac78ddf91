#include "instruction_sets.h"

#include <stddef.h>

#define memcpy __builtin_memcpy
#define INLINE static inline __attribute__((always_inline))
#define COLUMNS                                                                                                \
    long count, long from, long to, long payloads, const unsigned char *const *bytes, const double *factors, double *sums

// Vectors wider than the processor's are passed between inlined functions only.
#pragma clang diagnostic ignored "-Wpsabi"

enum { LANES = 8, BLOCK = 256 };

typedef unsigned char byte;
typedef double doubles __attribute__((vector_size(64)));
typedef double doubles_anywhere __attribute__((vector_size(64), aligned(8), may_alias));
typedef float floats __attribute__((vector_size(32)));
typedef int ints __attribute__((vector_size(32)));
typedef unsigned words __attribute__((vector_size(32)));
typedef byte bytes_anywhere __attribute__((vector_size(8), aligned(1), may_alias));
typedef signed char signed_bytes __attribute__((vector_size(8)));

// Eight doubles in memory.
#define AT(p) (*(doubles_anywhere *)(p))

INLINE long least(long a, long b) { return a < b ? a : b; }

INLINE float of_bits(unsigned bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

// MARK: Byte planes: float32 and bfloat16

// The upper `planes` bytes of every value, the lowest first.
INLINE void add_planes(int planes, COLUMNS) {
    long i = from;
    for (; i + LANES <= to; i += LANES) {
        doubles sum = AT(sums + i);
        for (long p = 0; p < payloads; p++) {
            words bits = {0};
            for (int plane = 0; plane < planes; plane++) {
                bytes_anywhere part = *(const bytes_anywhere *)(bytes[p] + plane * count + i);
                bits |= __builtin_convertvector(part, words) << (8 * (plane + 4 - planes));
            }
            sum += __builtin_convertvector((floats)bits, doubles) * factors[p];
        }
        AT(sums + i) = sum;
    }
    for (; i < to; i++) {
        for (long p = 0; p < payloads; p++) {
            unsigned bits = 0;
            for (int plane = 0; plane < planes; plane++)
                bits |= (unsigned)bytes[p][plane * count + i] << (8 * (plane + 4 - planes));
            sums[i] += (double)of_bits(bits) * factors[p];
        }
    }
}

// MARK: Blocks: int8 and int4

// An integer times its scale has at most 15 bits: exact, in double precision as in single.
INLINE double scale(const byte *payload, long count, long block) {
    long blocks = (count + BLOCK - 1) / BLOCK;
    return of_bits((unsigned)payload[block] << 16 | (unsigned)payload[blocks + block] << 24);
}

INLINE const byte *codes(const byte *payload, long count) { return payload + 2 * ((count + BLOCK - 1) / BLOCK); }

INLINE void add_int8(COLUMNS) {
    for (long start = from, end; start < to; start = end) {
        long block = start / BLOCK, i = start;
        end = least(to, (block + 1) * BLOCK);
        double scales[CU_PAYLOADS];
        for (long p = 0; p < payloads; p++) scales[p] = scale(bytes[p], count, block);
        for (; i + LANES <= end; i += LANES) {
            doubles sum = AT(sums + i);
            for (long p = 0; p < payloads; p++) {
                bytes_anywhere code = *(const bytes_anywhere *)(codes(bytes[p], count) + i);
                ints integers = __builtin_convertvector((signed_bytes)code, ints);
                sum += __builtin_convertvector(integers, doubles) * scales[p] * factors[p];
            }
            AT(sums + i) = sum;
        }
        for (; i < end; i++)
            for (long p = 0; p < payloads; p++)
                sums[i] += (double)(signed char)codes(bytes[p], count)[i] * scales[p] * factors[p];
    }
}

// One whole block of int4 at `sums`, its bytes at `codes`: low halves first.
typedef void whole_block(long payloads, const byte *const *codes, const double *scales, const double *factors, double *sums);

INLINE void add_block(
    long payloads, const byte *const *codes, const double *scales, const double *factors, double *sums
) {
    for (long i = 0; i < BLOCK / 2; i += LANES) {
        doubles low = AT(sums + i), high = AT(sums + BLOCK / 2 + i);
        for (long p = 0; p < payloads; p++) {
            ints code = __builtin_convertvector(*(const bytes_anywhere *)(codes[p] + i), ints);
            low += __builtin_convertvector((code & 15) - 8, doubles) * scales[p] * factors[p];
            high += __builtin_convertvector((code >> 4) - 8, doubles) * scales[p] * factors[p];
        }
        AT(sums + i) = low;
        AT(sums + BLOCK / 2 + i) = high;
    }
}

INLINE void add_int4(whole_block *add_whole, COLUMNS) {
    for (long start = from, end; start < to; start = end) {
        long block = start / BLOCK, first = block * BLOCK, half = (least(BLOCK, count - first) + 1) / 2;
        end = least(to, first + BLOCK);
        double scales[CU_PAYLOADS];
        const byte *parts[CU_PAYLOADS];
        for (long p = 0; p < payloads; p++) {
            scales[p] = scale(bytes[p], count, block);
            parts[p] = codes(bytes[p], count) + block * (BLOCK / 2);
        }
        if (end - start == BLOCK) {
            add_whole(payloads, parts, scales, factors, sums + first);
            continue;
        }
        for (long i = start - first; i < end - first; i++) {
            for (long p = 0; p < payloads; p++) {
                int code = i < half ? parts[p][i] & 15 : parts[p][i - half] >> 4;
                sums[first + i] += (double)(code - 8) * scales[p] * factors[p];
            }
        }
    }
}

// MARK: Instruction sets

#define SUMS(set, block, attributes)                                                                                     \
    attributes static void float32_##set(COLUMNS) { add_planes(4, count, from, to, payloads, bytes, factors, sums); }    \
    attributes static void bfloat16_##set(COLUMNS) { add_planes(2, count, from, to, payloads, bytes, factors, sums); }   \
    attributes static void int8_##set(COLUMNS) { add_int8(count, from, to, payloads, bytes, factors, sums); }            \
    attributes static void int4_##set(COLUMNS) { add_int4(block, count, from, to, payloads, bytes, factors, sums); }     \
    static const cu_sums sums_##set = {float32_##set, bfloat16_##set, int8_##set, int4_##set};

SUMS(baseline, add_block, )

#if defined(__x86_64__)
#include <immintrin.h>

SUMS(avx2, add_block, AVX2)

// A block has at most 16 products for each payload: a table of them in two registers, looked up by the codes.
AVX512 INLINE void look_up_block(
    long payloads, const byte *const *codes, const double *scales, const double *factors, double *sums
) {
    const __m512d low_integers = {-8, -7, -6, -5, -4, -3, -2, -1}, high_integers = {0, 1, 2, 3, 4, 5, 6, 7};
    __m512d tables[CU_PAYLOADS][2];
    for (long p = 0; p < payloads; p++) {
        tables[p][0] = low_integers * scales[p] * factors[p];
        tables[p][1] = high_integers * scales[p] * factors[p];
    }
    enum { VECTORS = 4 };
    for (long i = 0; i < BLOCK / 2; i += VECTORS * LANES) {
        __m512d low[VECTORS], high[VECTORS];
        for (int v = 0; v < VECTORS; v++) {
            low[v] = AT(sums + i + v * LANES);
            high[v] = AT(sums + BLOCK / 2 + i + v * LANES);
        }
        for (long p = 0; p < payloads; p++) {
            for (int v = 0; v < VECTORS; v++) {
                // Only the four lowest bits of a lane count.
                __m512i code = _mm512_cvtepu8_epi64(_mm_loadl_epi64((const __m128i *)(codes[p] + i + v * LANES)));
                low[v] += _mm512_permutex2var_pd(tables[p][0], code, tables[p][1]);
                high[v] += _mm512_permutex2var_pd(tables[p][0], _mm512_srli_epi64(code, 4), tables[p][1]);
            }
        }
        for (int v = 0; v < VECTORS; v++) {
            AT(sums + i + v * LANES) = low[v];
            AT(sums + BLOCK / 2 + i + v * LANES) = high[v];
        }
    }
}

SUMS(avx512, look_up_block, AVX512)
#endif

const cu_sums *cu_sums_baseline(void) { return &sums_baseline; }

const cu_sums *cu_sums_for(cu_instruction_set set) {
    if (!cu_has(set)) return NULL;
#if defined(__x86_64__)
    if (set == CU_AVX512) return &sums_avx512;
    if (set == CU_AVX2) return &sums_avx2;
#endif
    return &sums_baseline;
}
