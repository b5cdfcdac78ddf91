#include "CMachine.h"

typedef float vector __attribute__((vector_size(64)));

// The three loops for one instruction set. Narrow stores reach the caches in pieces of a line, and cost a third of the
// bandwidth on some processors. Plain assignments would be replaced by memcpy, which decides for itself how it stores.
#define LOOPS(set, attributes)                                                                              \
    attributes __attribute__((no_builtin("memcpy"))) static void copy_##set(                                \
        long count, const float *from, float *to) {                                                         \
        for (long i = 0; i < count; i += 16) *(vector *)(to + i) = *(const vector *)(from + i);             \
    }                                                                                                       \
    attributes static void triad_##set(long count, const float *a, const float *b, float factor, float *c) { \
        for (long i = 0; i < count; i += 16)                                                                \
            *(vector *)(c + i) = *(const vector *)(a + i) + *(const vector *)(b + i) * factor;              \
    }                                                                                                       \
    attributes static void streaming_##set(                                                                 \
        long count, const float *a, const float *b, float factor, float *c) {                               \
        for (long i = 0; i < count; i += 16)                                                                \
            __builtin_nontemporal_store(                                                                    \
                *(const vector *)(a + i) + *(const vector *)(b + i) * factor, (vector *)(c + i));           \
    }

LOOPS(baseline, )
#if defined(__x86_64__)
LOOPS(avx2, __attribute__((target("avx2"))))
LOOPS(avx512, __attribute__((target("avx512f"))))
#define CHOOSE(loop, ...)                                                                                   \
    if (__builtin_cpu_supports("avx512f")) loop##_avx512(__VA_ARGS__);                                      \
    else if (__builtin_cpu_supports("avx2")) loop##_avx2(__VA_ARGS__);                                      \
    else loop##_baseline(__VA_ARGS__)
#else
#define CHOOSE(loop, ...) loop##_baseline(__VA_ARGS__)
#endif

void cm_copy(long count, const float *from, float *to) { CHOOSE(copy, count, from, to); }

void cm_triad(long count, const float *a, const float *b, float factor, float *c) {
    CHOOSE(triad, count, a, b, factor, c);
}

void cm_triad_streaming(long count, const float *a, const float *b, float factor, float *c) {
    CHOOSE(streaming, count, a, b, factor, c);
}
