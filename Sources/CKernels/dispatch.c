#include "CKernels.h"

#include <stddef.h>

extern const ck_loops ck_table_baseline;
#if defined(__x86_64__)
extern const ck_loops ck_table_avx2, ck_table_avx512;
#endif

const ck_loops *ck_loops_baseline(void) { return &ck_table_baseline; }

const ck_loops *ck_loops_for(ck_instruction_set set) {
#if defined(__x86_64__)
    __builtin_cpu_init();
    int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (set == CK_AVX2) return avx2 ? &ck_table_avx2 : NULL;
    if (set == CK_AVX512) {
        int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
        return avx512 ? &ck_table_avx512 : NULL;
    }
#endif
    return set == CK_BASELINE ? &ck_table_baseline : NULL;
}
