#include "KernelDigests.h"

typedef unsigned long long u64;

// MARK: Seeded numbers (SplitMix64)

static u64 state;

static u64 next(void) {
    u64 mixed = state += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    return mixed ^ (mixed >> 31);
}

static long below(long bound) { return (long)(next() % (u64)bound); }

static float of_bits(unsigned bits) {
    union { unsigned bits; float value; } both = {bits};
    return both.value;
}

static unsigned bits_of(float value) {
    union { float value; unsigned bits; } both = {value};
    return both.bits;
}

// In -1 ..< 1, exactly.
static float unit(void) { return (float)((int)(next() >> 40) - (1 << 23)) * 0x1p-23f; }

// Any sign and significand, an exponent in a range: 0 stands for zeros and denormals, 254 is the greatest.
static float between(long low, long high) {
    unsigned rest = (unsigned)next() & 0x807FFFFF;
    return of_bits(rest | (unsigned)(low + below(high - low + 1)) << 23);
}

static float signed_zero(void) {
    static const float some[] = {0, -0.0f, 1, -1, 0x1p-75f, -0x1p-75f, 0x1p-149f, -0x1p-149f};
    return some[below(8)];
}

static float not_finite(long odds) {
    static const unsigned some[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0x7F7FFFFF, 0xFF7FFFFF, 0};
    return below(odds) ? unit() : of_bits(some[below(6)]);
}

enum { ORDINARY, DENORMAL, TINY, HUGE, MAGNITUDES, CANCELLING, TIES, ZEROS, NOT_FINITE, DENORMAL_TIES, KINDS };

static float number(int kind) {
    switch (kind) {
    case DENORMAL: return between(0, 0);
    case TINY: return between(47, 53);
    case HUGE: return between(185, 192);
    case MAGNITUDES: return between(0, 180);
    case ZEROS: return signed_zero();
    case NOT_FINITE: return not_finite(200);
    default: return unit();
    }
}

static void fill(int kind, long count, float *x) {
    for (long i = 0; i < count; i++) x[i] = number(kind);
}

// Factors of a product, [m, k] and [k, n], and what stands where it goes; as HardNumbers in KernelsTests.
static void factors(int kind, long m, long k, long n, float *a, float *b, float *c) {
    fill(kind, m * k, a), fill(kind == DENORMAL ? ORDINARY : kind, k * n, b);
    fill(kind == TINY ? DENORMAL : kind, m * n, c);
    if (kind == CANCELLING) {
        for (long i = 1; i < k; i += 2) {
            for (long r = 0; r < m; r++) a[r * k + i] = -a[r * k + i - 1];
            for (long j = 0; j < n; j++) b[i * n + j] = b[(i - 1) * n + j];
        }
    }
    if ((kind == TIES || kind == DENORMAL_TIES) && k > 1) {
        float left = kind == TIES ? 1 : 0x1p-60f;
        long place = below(k - 1);
        if ((place + 1) % CK_BLOCK == 0) place--;
        for (long i = 0; i < m * k; i++) a[i] = 0;
        for (long i = 0; i < k * n; i++) b[i] = 0;
        for (long r = 0; r < m; r++) {
            a[r * k + place] = left * between(127, 127);
            float half = below(2) ? left * 0x1p-24f : left * -0x1p-24f;
            a[r * k + place + 1] = half * (below(2) ? 1 + 0x1p-12f : 1 - 0x1p-11f);
        }
        for (long j = 0; j < n; j++) {
            float scale = of_bits((unsigned)(67 + below(121)) << 23);
            if (kind == DENORMAL_TIES) scale = 0x1p-66f;
            b[place * n + j] = kind == TIES ? scale : scale / 2;
            b[(place + 1) * n + j] = scale * (below(2) ? 1 - 0x1p-12f + 0x1p-24f : 1 + 0x1p-11f + 0x1p-22f);
        }
    }
}

// MARK: Digests

static u64 hash;

static void add_bits(u64 bits, int bytes) {
    for (int byte = 0; byte < bytes; byte++) hash = (hash ^ (bits >> 8 * byte & 0xFF)) * 0x100000001B3;
}

static void add(long count, const float *x) {
    for (long i = 0; i < count; i++) add_bits(x[i] == x[i] ? bits_of(x[i]) : 0x7FC00000, 4);
}

// MARK: Memory

enum { ROOM = 1 << 18 };

static float memory[8][ROOM] __attribute__((aligned(64)));
static float work[CK_WORKSPACE] __attribute__((aligned(64)));
static unsigned short halves[ROOM];
static unsigned char bytes[ROOM];

#define A memory[0]
#define B memory[1]
#define C memory[2]
#define D memory[3]
#define E memory[4]
#define F memory[5]
#define G memory[6]
#define H memory[7]

// MARK: Products

static const struct { long m, k, n; } shapes[] = {
    {1, 1, 1}, {7, 13, 257}, {13, 37, 40}, {5, 300, 33}, {3, 513, 5}, {3, 5, 513}, {257, 5, 3}, {11, 19, 65}, {12, 256, 33},
    {8, 257, 31},
};

// All shapes in all four orientations, with a gap between the rows of the result.
static void products(int kind, const ck_loops *loops, int packed) {
    for (unsigned long s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        long m = shapes[s].m, k = shapes[s].k, n = shapes[s].n, stride = n + 3;
        factors(kind, m, k, n, A, B, C);
        for (long i = 0; i < k; i++) {
            for (long r = 0; r < m; r++) D[i * m + r] = A[r * k + i];
            for (long j = 0; j < n; j++) E[j * k + i] = B[i * n + j];
        }
        for (int way = 0; way < 8; way++) {
            const float *a = way & 1 ? D : A, *b = way & 2 ? E : B;
            long a_down = way & 1 ? 1 : k, a_right = way & 1 ? m : 1;
            long b_down = way & 2 ? 1 : n, b_right = way & 2 ? k : 1;
            for (long i = 0; i < m * stride; i++) F[i] = i % stride < n ? C[i / stride * n + i % stride] : 7;
            if (packed) {
                loops->pack(k, n, b, b_down, b_right, G);
                loops->product_packed(m, n, k, a, a_down, a_right, G, F, stride, way >> 2, work);
            } else {
                loops->product(m, n, k, a, a_down, a_right, b, b_down, b_right, F, stride, way >> 2, work);
            }
            add(m * stride, F);
        }
    }
}

// MARK: Loops

static const int kinds[] = {ORDINARY, DENORMAL, MAGNITUDES, NOT_FINITE};
static const long widths[] = {1, 5, 16, 37, 64, 83};

// Calls `body` for widths and kinds of numbers, with matrices A ... H of 5 rows.
static void each(const ck_loops *loops, void body(const ck_loops *, long rows, long width)) {
    for (unsigned long w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        for (unsigned long kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++) {
            for (int i = 0; i < 8; i++) {
                fill(kinds[kind], 5 * (widths[w] + 16), memory[i]);
                // Where exp and GELU bend.
                if (kinds[kind] == ORDINARY) for (long x = 0; x < 5 * (widths[w] + 16); x++) memory[i][x] *= 16;
            }
            body(loops, 5, widths[w]);
        }
    }
}

static void exponential(const ck_loops *loops, long rows, long width) {
    loops->exponential(rows * width, A, B), add(rows * width, B);
}

static void repeat_row(const ck_loops *loops, long rows, long width) {
    loops->repeat_row(rows, width, A, B), add(rows * width, B);
}

static void add_row(const ck_loops *loops, long rows, long width) {
    loops->add_row(rows, width, A, B, C), add(rows * width, C);
}

static void accumulate(const ck_loops *loops, long rows, long width) {
    loops->accumulate(rows * width, A, B), add(rows * width, B);
}

static void add_column_sums(const ck_loops *loops, long rows, long width) {
    loops->add_column_sums(rows, width, A, B), add(width, B);
}

static void sum_of_squares(const ck_loops *loops, long rows, long width) {
    for (long i = rows * width; i < 10000; i++) A[i] = unit();
    for (long count = rows * width; count < 10000; count += 4999) {
        union { double value; u64 bits; } sum = {loops->sum_of_squares(count, A)};
        add_bits(sum.value == sum.value ? sum.bits : 0, 8);
    }
}

static void to_bfloat16(const ck_loops *loops, long rows, long width) {
    loops->to_bfloat16(rows, width, A, width + 3, halves, width);
    for (long i = 0; i < rows * width; i++) add_bits((halves[i] & 0x7FFF) > 0x7F80 ? 0x7FC0 : halves[i], 2);
}

static void from_bfloat16(const ck_loops *loops, long rows, long width) {
    for (long i = 0; i < rows * width; i++) halves[i] = (unsigned short)next();
    loops->from_bfloat16(rows, width, halves, width, B, width), add(rows * width, B);
}

static void round_bfloat16(const ck_loops *loops, long rows, long width) {
    loops->round_bfloat16(rows, width, A, width + 3, B, width), add(rows * width, B);
}

static void layer_norm(const ck_loops *loops, long rows, long width) {
    loops->layer_norm(rows, width, A, B, C, D, E, F);
    add(rows * width, D), add(rows, E), add(rows, F);
}

static void normalize(const ck_loops *loops, long rows, long width) {
    loops->normalize(rows, width, A, B, C, D, E, F), add(rows * width, F);
}

static void layer_norm_backward(const ck_loops *loops, long rows, long width) {
    static float dx[ROOM];
    loops->layer_norm_backward(rows, width, A, B, C, D, E, F, dx, G, H);
    add(rows * width, dx), add(width, G), add(width, H);
}

static void gelu(const ck_loops *loops, long rows, long width) {
    loops->gelu(rows * width, A, B), add(rows * width, B);
}

static void gelu_backward(const ck_loops *loops, long rows, long width) {
    loops->gelu_backward(rows * width, A, B, C), add(rows * width, B), add(rows * width, C);
}

// Softmax works on whole vectors: rows begin at multiples of 16.
static long padded(long width) { return (width + 15) / 16 * 16; }

static void causal_softmax(const ck_loops *loops, long rows, long width) {
    long first = width > rows ? width - rows : 0, count = first + rows;
    loops->causal_softmax(rows, count, padded(count), first, 0.3f, A, B, C);
    add(rows, B), add(rows, C);
    for (long r = 0; r < rows; r++) add(count, A + r * padded(count));
}

static void causal_softmax_backward(const ck_loops *loops, long rows, long width) {
    long first = width > rows ? width - rows : 0, count = first + rows;
    loops->causal_softmax_backward(rows, count, padded(count), first, 0.3f, A, B, C, D, E);
    for (long r = 0; r < rows; r++) add(count, A + r * padded(count)), add(count, D + r * padded(count));
}

static void row_dots(const ck_loops *loops, long rows, long width) {
    loops->row_dots(rows, width, A, width, B, width + 3, C), add(rows, C);
}

static unsigned *targets(long rows, long width) {
    static unsigned some[8];
    for (long r = 0; r < rows; r++) some[r] = (unsigned)below(width);
    return some;
}

static void cross_entropy(const ck_loops *loops, long rows, long width) {
    loops->cross_entropy(rows, width, A, targets(rows, width), B, bytes), add(rows, B);
    for (long r = 0; r < rows; r++) add_bits(bytes[r], 1);
}

static void cross_entropy_gradient(const ck_loops *loops, long rows, long width) {
    loops->cross_entropy_gradient(rows, width, A, targets(rows, width), 0.7f, B), add(rows, B), add(rows * width, A);
}

static void adamw(const ck_loops *loops, long rows, long width) {
    // Second moments are not negative.
    for (long i = 0; i < rows * width; i++) D[i] = of_bits(bits_of(D[i]) & 0x7FFFFFFF);
    loops->adamw(rows * width, A, B, C, D, 0.4f, 0.9f, 0.95f, 0.999f, 0.01f, 1.3f, 1e-8f);
    add(rows * width, A), add(rows * width, C), add(rows * width, D);
}

static const struct { const char *name; void (*body)(const ck_loops *, long, long); } loop_operations[] = {
#define OPERATION(name) {#name, name}
    OPERATION(exponential), OPERATION(repeat_row), OPERATION(add_row), OPERATION(accumulate), OPERATION(add_column_sums),
    OPERATION(sum_of_squares), OPERATION(to_bfloat16), OPERATION(from_bfloat16), OPERATION(round_bfloat16),
    OPERATION(layer_norm), OPERATION(normalize), OPERATION(layer_norm_backward), OPERATION(gelu), OPERATION(gelu_backward),
    OPERATION(causal_softmax), OPERATION(causal_softmax_backward), OPERATION(row_dots), OPERATION(cross_entropy),
    OPERATION(cross_entropy_gradient), OPERATION(adamw),
#undef OPERATION
};

enum { LOOPS = sizeof loop_operations / sizeof loop_operations[0] };

static const char *const product_names[] = {
    "product, ordinary", "product, denormal", "product, tiny", "product, huge", "product, all magnitudes",
    "product, cancelling", "product, ties", "product, signed zeros", "product, not finite", "product, denormal ties",
};

// Packed factors: ordinary numbers, and as many others as there is room for.
static const int packed_kinds[] = {ORDINARY, DENORMAL, MAGNITUDES, CANCELLING, TIES, NOT_FINITE};
static const char *const packed_names[] = {
    "packed product, ordinary", "packed product, denormal", "packed product, all magnitudes",
    "packed product, cancelling", "packed product, ties", "packed product, not finite",
};

_Static_assert(LOOPS + KINDS + sizeof packed_kinds / sizeof packed_kinds[0] == KD_OPERATIONS, "as many as are promised");

const char *kd_name(int operation) {
    if (operation < LOOPS) return loop_operations[operation].name;
    return operation < LOOPS + KINDS ? product_names[operation - LOOPS] : packed_names[operation - LOOPS - KINDS];
}

unsigned long long kd_digest(int operation, const ck_loops *loops) {
    hash = 0xCBF29CE484222325;
    int packed = operation >= LOOPS + KINDS;
    int kind = packed ? packed_kinds[operation - LOOPS - KINDS] : operation - LOOPS;
    // Packed or not, a product has the same numbers, and so the same digest.
    state = operation < LOOPS ? (u64)operation : (u64)(1000 + kind);
    if (operation < LOOPS) each(loops, loop_operations[operation].body);
    else products(kind, loops, packed);
    return hash;
}

#ifndef KD_WITHOUT_DISPATCH
int kd_digest_on(int operation, int instruction_set, unsigned long long *digest) {
    const ck_loops *loops = ck_loops_for((ck_instruction_set)instruction_set);
    if (loops) *digest = kd_digest(operation, loops);
    return loops != 0;
}
#endif
