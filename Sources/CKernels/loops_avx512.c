#if defined(__x86_64__)
#define CK_TABLE ck_table_avx512
#define CK_TARGET "avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"
#define CK_HAS_FMA
#define TILE_ROWS 12
#define TILE_VECTORS 2
#include "loops.h"
#endif
