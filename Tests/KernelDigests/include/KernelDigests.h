// A digest of everything that each vector loop and product computes from seeded numbers, the hardest among them: two builds
// of the kernels agree when their digests do. Needs no C library, so that program.c runs it under emulators as well.

#ifndef CARAVAN_KERNEL_DIGESTS_H
#define CARAVAN_KERNEL_DIGESTS_H

#include "CKernels.h"

enum { KD_OPERATIONS = 36 };

// The name of an operation, 0 ..< KD_OPERATIONS.
const char *_Nonnull kd_name(int operation);

// The digest of all bits that an operation gives: FNV-1a 64, with one NaN for all.
unsigned long long kd_digest(int operation, const ck_loops *_Nonnull loops);

// The same for an instruction set, numbered as in CKernels.h. Returns 0 when this processor lacks it.
int kd_digest_on(int operation, int instruction_set, unsigned long long *_Nonnull digest);

#endif
