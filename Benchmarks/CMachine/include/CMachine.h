// The loops that find the limits of a machine: arithmetic without memory, and memory without arithmetic.

#ifndef CARAVAN_CMACHINE_H
#define CARAVAN_CMACHINE_H

#pragma clang assume_nonnull begin

// Multiply-adds of float32 that wait for nothing but their own unit, in vectors of 128, 256 or 512 bits.
// Returns the floating-point operations done, two for a multiply-add; 0 where this processor lacks such vectors.
double cm_multiply_add(int bits, long rounds);

// to = from. Counts are multiples of 16, arrays are aligned to 64 bytes; so below.
void cm_copy(long count, const float *from, float *to);
// c = a + factor * b, as STREAM's triad (McCalpin, 1995).
void cm_triad(long count, const float *a, const float *b, float factor, float *c);
// The same with stores that go past the caches.
void cm_triad_streaming(long count, const float *a, const float *b, float factor, float *c);

#pragma clang assume_nonnull end

#endif
