#if defined(__x86_64__)
#define CK_TABLE ck_table_avx512
#define CK_TARGET "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"
#include "loops.h"
#endif
