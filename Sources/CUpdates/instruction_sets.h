// How a body is compiled for one instruction set.

#ifndef CARAVAN_INSTRUCTION_SETS_H
#define CARAVAN_INSTRUCTION_SETS_H

#include "CUpdates.h"

#define AVX2 __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw")))

#endif
