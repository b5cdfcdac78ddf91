// The loops of the codecs: sums over updates straight from their payloads, what a merge spends its time in, and rounding at random.
//
// One body is compiled once per instruction set and chosen at run time. A value is what UpdateCodec decodes, every product is
// rounded once and added in the order of the payloads, without contraction: all instruction sets give the same bits.

#ifndef CARAVAN_CUPDATES_H
#define CARAVAN_CUPDATES_H

#include <stdint.h>

#pragma clang assume_nonnull begin

typedef enum cu_instruction_set { CU_BASELINE, CU_AVX2, CU_AVX512 } cu_instruction_set;

// Whether this processor has it.
int cu_has(cu_instruction_set set);

enum {
    // Payloads that are added in one pass over the sums, at most.
    CU_PAYLOADS = 8,
};

// sums[i] += factors[p] * value i of payload p, for p in 0 ..< payloads, and i in from ..< to.
//
// Each payload has `count` values in the layout that WorkUnits/FORMAT.md gives to a codec; any bytes do no harm.
typedef void cu_add(
    long count, long from, long to, long payloads, const unsigned char *_Nonnull const *_Nonnull bytes, const double *factors,
    double *sums);

typedef struct cu_sums {
    cu_add *float32, *bfloat16, *int8, *int4;
} cu_sums;

// The loops for an instruction set, or null when this processor lacks it.
const cu_sums *_Nullable cu_sums_for(cu_instruction_set set);

// The loops that every processor of this architecture can run.
const cu_sums *cu_sums_baseline(void);

// codes[i] = the integer below or above values[i] / scale by 24 bits of CounterRandom's element first + i, no further from 0 than
// `levels`, for i in 0 ..< count.
//
// No magnitude is more than a rounding error above levels * scale, and scale is above 0.
typedef void cu_round(
    long count, const float *values, float scale, int levels, uint64_t key, uint64_t first, signed char *codes);

// The loop for an instruction set, or null when this processor lacks it.
cu_round *_Nullable cu_round_for(cu_instruction_set set);

// The loop that every processor of this architecture can run.
cu_round *cu_round_baseline(void);

#pragma clang assume_nonnull end

#endif
