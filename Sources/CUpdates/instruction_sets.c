#include "instruction_sets.h"

int cu_has(cu_instruction_set set) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2");
    if (set == CU_AVX2) return avx2;
    if (set == CU_AVX512)
        return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw");
#endif
    return set == CU_BASELINE;
}
