#define CK_TABLE ck_table_baseline
#include "loops.h"
