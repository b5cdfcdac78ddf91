// The body of every instruction set's loops: included once by each loops_*.c, which names the table and the target.

#include "CKernels.h"

// No library function is called: what a platform's own would round is rounded here.
#include <stddef.h>

#define memcpy __builtin_memcpy

// Vectors wider than the processor's are passed between inlined functions only.
#pragma clang diagnostic ignored "-Wpsabi"

#ifdef CK_TARGET
#define CK_STRING(text) #text
#define CK_PRAGMA(text) _Pragma(CK_STRING(text))
CK_PRAGMA(clang attribute push(__attribute__((target(CK_TARGET))), apply_to = function))
#endif

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

typedef float v16 __attribute__((vector_size(64)));
typedef float v16_anywhere __attribute__((vector_size(64), aligned(4), may_alias));
typedef int i16 __attribute__((vector_size(64)));

// MARK: Vectors of 16 lanes

INLINE v16 all(float x) { return (v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

// The first `count` lanes from memory, the others `rest`. A whole vector unless the row ends.
INLINE v16 load_or(const float *p, long count, float rest) {
    if (count >= LANES) return *(const v16_anywhere *)p;
    v16 x = all(rest);
    memcpy(&x, p, (size_t)count * sizeof(float));
    return x;
}

INLINE v16 load(const float *p, long count) { return load_or(p, count, 0); }

INLINE void store(float *p, long count, v16 x) {
    if (count >= LANES) *(v16_anywhere *)p = x;
    else memcpy(p, &x, (size_t)count * sizeof(float));
}

INLINE v16 choose(i16 mask, v16 a, v16 b) { return (v16)((mask & (i16)a) | (~mask & (i16)b)); }

INLINE v16 larger(v16 a, v16 b) { return choose(a > b, a, b); }

// Lanes below `count`: all bits set.
INLINE i16 lanes_below(long count) {
    const i16 lane = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    int n = count < LANES ? (int)count : LANES;
    return lane < (i16){n, n, n, n, n, n, n, n, n, n, n, n, n, n, n, n};
}

// ((0+8)+(4+12)) + ... : always this tree.
INLINE float sum(v16 x) {
    typedef float v8 __attribute__((vector_size(32)));
    typedef float v4 __attribute__((vector_size(16)));
    v8 a = __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7) + __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
    v4 b = __builtin_shufflevector(a, a, 0, 1, 2, 3) + __builtin_shufflevector(a, a, 4, 5, 6, 7);
    return (b[0] + b[2]) + (b[1] + b[3]);
}

INLINE float maximum_of(v16 x) {
    float most = x[0];
    for (int lane = 1; lane < LANES; lane++) most = x[lane] > most ? x[lane] : most;
    return most;
}

// exp by x = n ln 2 + r, |r| <= ln 2 / 2: 2^n by the exponent's bits, e^r by a polynomial of degree 6 (Cephes, expf).
INLINE v16 exp16(v16 x) {
    const float magic = 0x1.8p23f;
    x = choose(x < -87.0f, all(-87.0f), x);
    x = choose(x > 88.0f, all(88.0f), x);
    v16 shifted = x * 1.44269504088896341f + magic;
    v16 n = shifted - magic;
    v16 r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
    v16 p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    // The low bits of `shifted` are n: move them to the exponent.
    i16 bits = ((i16)shifted << 23) + (i16)all(1.0f);
    return p * (v16)bits;
}

INLINE float square_root(float x) { return __builtin_elementwise_sqrt(all(x))[0]; }

// The natural logarithm of a number >= 1 (or infinite, or NaN): x = 2^n m, |log2 m| <= 1/2, log m = 2 artanh((m - 1) / (m + 1))
// by its series. Error under 2 units in the last place.
INLINE double logarithm(double x) {
    if (!(x < __builtin_inf())) return x;
    long long bits;
    memcpy(&bits, &x, sizeof bits);
    long long n = (bits - 0x3FE6A09E667F3BCD) >> 52;
    bits -= n << 52;
    double m;
    memcpy(&m, &bits, sizeof m);
    double f = (m - 1) / (m + 1), square = f * f, series = 0;
    for (int k = 23; k >= 3; k -= 2) series = series * square + 1.0 / k;
    return (double)n * 0.69314718055994530942 + 2 * (f + f * square * series);
}

#include "products.h"

// MARK: Rows and sums

static void exponential(long count, const float *x, float *y) {
    for (long i = 0; i < count; i += LANES) store(y + i, count - i, exp16(load(x + i, count - i)));
}

static void repeat_row(long rows, long width, const float *row, float *y) {
    for (long r = 0; r < rows; r++) memcpy(y + r * width, row, (size_t)width * sizeof(float));
}

static void add_row(long rows, long width, const float *x, const float *row, float *y) {
    for (long r = 0; r < rows; r++, x += width, y += width)
        for (long i = 0; i < width; i += LANES)
            store(y + i, width - i, load(x + i, width - i) + load(row + i, width - i));
}

static void accumulate(long count, const float *x, float *y) {
    for (long i = 0; i < count; i += LANES) store(y + i, count - i, load(y + i, count - i) + load(x + i, count - i));
}

static void add_column_sums(long rows, long width, const float *x, float *sums) {
    for (long i = 0; i < width; i += LANES) {
        v16 total = load(sums + i, width - i);
        for (long r = 0; r < rows; r++) total += load(x + r * width + i, width - i);
        store(sums + i, width - i, total);
    }
}

static double sum_of_squares(long count, const float *x) {
    enum { BLOCK = 4096 };
    double total = 0;
    for (long start = 0; start < count; start += BLOCK) {
        long size = count - start < BLOCK ? count - start : BLOCK;
        v16 even = all(0), odd = all(0);
        for (long i = 0; i < size; i += 2 * LANES) {
            v16 a = load(x + start + i, size - i);
            even += a * a;
            if (size - i <= LANES) break;
            v16 b = load(x + start + i + LANES, size - i - LANES);
            odd += b * b;
        }
        total += (double)sum(even + odd);
    }
    return total;
}

// MARK: bfloat16

typedef unsigned short h16 __attribute__((vector_size(32), aligned(2), may_alias));
typedef unsigned u16 __attribute__((vector_size(64)));

// The upper half, rounded to nearest, ties to even. A NaN stays one: its quiet bit is set before.
INLINE u16 nearest_bfloat16(v16 x) {
    u16 bits = (u16)x;
    u16 rounded = bits + 0x7FFF + (bits >> 16 & 1);
    i16 nan = x != x;
    return ((u16)nan & (bits | 0x400000)) | (~(u16)nan & rounded);
}

static void to_bfloat16(long rows, long width, const float *x, long x_stride, unsigned short *y, long y_stride) {
    for (long r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        long i = 0;
        for (; i + LANES <= width; i += LANES)
            *(h16 *)(y + i) = __builtin_convertvector(nearest_bfloat16(load(x + i, LANES)) >> 16, h16);
        for (; i < width; i++) y[i] = (unsigned short)(nearest_bfloat16(all(x[i]))[0] >> 16);
    }
}

static void from_bfloat16(long rows, long width, const unsigned short *x, long x_stride, float *y, long y_stride) {
    for (long r = 0; r < rows; r++, x += x_stride, y += y_stride) {
        long i = 0;
        for (; i + LANES <= width; i += LANES)
            store(y + i, LANES, (v16)(__builtin_convertvector(*(const h16 *)(x + i), u16) << 16));
        for (; i < width; i++) {
            unsigned bits = (unsigned)x[i] << 16;
            memcpy(y + i, &bits, sizeof bits);
        }
    }
}

static void round_bfloat16(long rows, long width, const float *x, long x_stride, float *y, long y_stride) {
    for (long r = 0; r < rows; r++, x += x_stride, y += y_stride)
        for (long i = 0; i < width; i += LANES)
            store(y + i, width - i, (v16)(nearest_bfloat16(load(x + i, width - i)) & 0xFFFF0000u));
}

// MARK: Layer norm

static void normalize(
    long rows, long width, const float *x, const float *gain, const float *bias, const float *mean, const float *scale,
    float *y
) {
    for (long r = 0; r < rows; r++, x += width, y += width) {
        float m = mean[r], s = scale[r];
        for (long i = 0; i < width; i += LANES) {
            v16 normal = (load(x + i, width - i) - m) * s;
            store(y + i, width - i, normal * load(gain + i, width - i) + load(bias + i, width - i));
        }
    }
}

static void layer_norm(
    long rows, long width, const float *x, const float *gain, const float *bias, float *y, float *mean, float *scale
) {
    for (long r = 0; r < rows; r++, x += width, y += width) {
        v16 total = all(0);
        for (long i = 0; i < width; i += LANES) total += load(x + i, width - i);
        float m = sum(total) / (float)width;
        v16 squares = all(0);
        for (long i = 0; i < width; i += LANES) {
            v16 d = load_or(x + i, width - i, m) - m;
            squares += d * d;
        }
        mean[r] = m;
        scale[r] = 1.0f / square_root(sum(squares) / (float)width + 1e-5f);
        normalize(1, width, x, gain, bias, mean + r, scale + r, y);
    }
}

static void layer_norm_backward(
    long rows, long width, const float *dy, const float *x, const float *gain, const float *mean, const float *scale,
    const float *skip, float *dx, float *dgain, float *dbias
) {
    for (long r = 0; r < rows; r++, dy += width, x += width, skip += width, dx += width) {
        float m = mean[r], s = scale[r];
        v16 plain = all(0), weighted = all(0);
        for (long i = 0; i < width; i += LANES) {
            v16 d = load(dy + i, width - i);
            v16 normal = (load(x + i, width - i) - m) * s;
            v16 dnormal = d * load(gain + i, width - i);
            plain += dnormal;
            weighted += dnormal * normal;
            store(dgain + i, width - i, load(dgain + i, width - i) + d * normal);
            store(dbias + i, width - i, load(dbias + i, width - i) + d);
        }
        float a = sum(plain) / (float)width, b = sum(weighted) / (float)width;
        for (long i = 0; i < width; i += LANES) {
            v16 normal = (load(x + i, width - i) - m) * s;
            v16 dnormal = load(dy + i, width - i) * load(gain + i, width - i);
            store(dx + i, width - i, load(skip + i, width - i) + (dnormal - a - normal * b) * s);
        }
    }
}

// MARK: GELU

// 2 sqrt(2 / pi), and its product with 3 * 0.044715.
#define GELU_SLOPE 1.5957691216057308f
#define GELU_CUBIC 0.044715f

INLINE v16 gelu_gate(v16 x) { return 1.0f / (1.0f + exp16(x * (x * x * GELU_CUBIC + 1.0f) * -GELU_SLOPE)); }

static void gelu(long count, const float *x, float *y) {
    for (long i = 0; i < count; i += LANES) {
        v16 a = load(x + i, count - i);
        store(y + i, count - i, a * gelu_gate(a));
    }
}

static void gelu_backward(long count, const float *x, float *y, float *dy) {
    for (long i = 0; i < count; i += LANES) {
        v16 a = load(x + i, count - i);
        v16 gate = gelu_gate(a);
        store(y + i, count - i, a * gate);
        v16 slope = (a * a * (3 * GELU_CUBIC) + 1.0f) * GELU_SLOPE;
        store(dy + i, count - i, load(dy + i, count - i) * (gate + a * gate * (1.0f - gate) * slope));
    }
}

// MARK: Attention

static void causal_softmax(
    long rows, long columns, long stride, long first, float scale, float *s, float *maximum, float *inverse
) {
    for (long r = 0; r < rows; r++, s += stride) {
        long visible = first + r + 1;
        v16 most = all(-__builtin_inff());
        for (long i = 0; i < visible; i += LANES)
            most = larger(choose(lanes_below(visible - i), *(v16_anywhere *)(s + i) * scale, most), most);
        float m = maximum_of(most);
        v16 total = all(0);
        for (long i = 0; i < visible; i += LANES) {
            v16 e = choose(lanes_below(visible - i), exp16(*(v16_anywhere *)(s + i) * scale - m), all(0));
            total += e;
            *(v16_anywhere *)(s + i) = e;
        }
        float over = 1.0f / sum(total);
        long i = 0;
        for (; i < visible; i += LANES) *(v16_anywhere *)(s + i) *= over;
        for (; i < columns; i += LANES) *(v16_anywhere *)(s + i) = all(0);
        maximum[r] = m;
        inverse[r] = over;
    }
}

static void causal_softmax_backward(
    long rows, long columns, long stride, long first, float scale, float *s, const float *maximum, const float *inverse,
    float *dp, const float *dot
) {
    for (long r = 0; r < rows; r++, s += stride, dp += stride) {
        long visible = first + r + 1, i = 0;
        float m = maximum[r], over = inverse[r], d = dot[r];
        for (; i < visible; i += LANES) {
            i16 seen = lanes_below(visible - i);
            v16 p = choose(seen, exp16(*(v16_anywhere *)(s + i) * scale - m) * over, all(0));
            v16 ds = choose(seen, p * (*(v16_anywhere *)(dp + i) - d) * scale, all(0));
            *(v16_anywhere *)(s + i) = p;
            *(v16_anywhere *)(dp + i) = ds;
        }
        for (; i < columns; i += LANES) *(v16_anywhere *)(s + i) = *(v16_anywhere *)(dp + i) = all(0);
    }
}

static void row_dots(long rows, long width, const float *a, long a_stride, const float *b, long b_stride, float *dots) {
    for (long r = 0; r < rows; r++, a += a_stride, b += b_stride) {
        v16 total = all(0);
        for (long i = 0; i < width; i += LANES) total += load(a + i, width - i) * load(b + i, width - i);
        dots[r] = sum(total);
    }
}

// MARK: Cross-entropy

INLINE float row_maximum(long width, const float *x) {
    v16 most = all(-__builtin_inff());
    for (long i = 0; i < width; i += LANES) most = larger(load_or(x + i, width - i, -__builtin_inff()), most);
    return maximum_of(most);
}

// A NaN among the logits does not survive the maximum: it does survive the sum.
static void cross_entropy(
    long rows, long width, const float *logits, const unsigned *targets, float *loss, unsigned char *hit
) {
    for (long r = 0; r < rows; r++, logits += width) {
        float m = row_maximum(width, logits), target = logits[targets[r]];
        v16 total = all(0);
        for (long i = 0; i < width; i += LANES)
            total += choose(lanes_below(width - i), exp16(load(logits + i, width - i) - m), all(0));
        loss[r] = (float)logarithm((double)sum(total)) + (m - target);
        long earliest = targets[r];
        if (target == m) for (earliest = 0; logits[earliest] != m;) earliest++;
        hit[r] = target == m && earliest == targets[r];
    }
}

static void cross_entropy_gradient(
    long rows, long width, float *logits, const unsigned *targets, float scale, float *loss
) {
    for (long r = 0; r < rows; r++, logits += width) {
        float m = row_maximum(width, logits), target = logits[targets[r]];
        v16 total = all(0);
        for (long i = 0; i < width; i += LANES) {
            v16 e = choose(lanes_below(width - i), exp16(load(logits + i, width - i) - m), all(0));
            total += e;
            store(logits + i, width - i, e);
        }
        float whole = sum(total), share = scale / whole;
        for (long i = 0; i < width; i += LANES) store(logits + i, width - i, load(logits + i, width - i) * share);
        logits[targets[r]] -= scale;
        loss[r] = (float)logarithm((double)whole) + (m - target);
    }
}

// MARK: AdamW

static void adamw(
    long count, float *w, const float *g, float *m, float *v, float gradient_scale, float beta1, float beta2, float keep,
    float rate, float root, float epsilon
) {
    for (long i = 0; i < count; i += LANES) {
        v16 d = load(g + i, count - i) * gradient_scale;
        v16 mean = load(m + i, count - i) * beta1 + d * (1.0f - beta1);
        v16 square = load(v + i, count - i) * beta2 + d * d * (1.0f - beta2);
        v16 step = mean * rate / (__builtin_elementwise_sqrt(square) * root + epsilon);
        store(m + i, count - i, mean);
        store(v + i, count - i, square);
        store(w + i, count - i, load(w + i, count - i) * keep - step);
    }
}

const ck_loops CK_TABLE = {
    .pack = pack,
    .product_packed = product_packed,
    .product = product,
    .exponential = exponential,
    .repeat_row = repeat_row,
    .add_row = add_row,
    .accumulate = accumulate,
    .add_column_sums = add_column_sums,
    .sum_of_squares = sum_of_squares,
    .to_bfloat16 = to_bfloat16,
    .from_bfloat16 = from_bfloat16,
    .round_bfloat16 = round_bfloat16,
    .normalize = normalize,
    .layer_norm = layer_norm,
    .layer_norm_backward = layer_norm_backward,
    .gelu = gelu,
    .gelu_backward = gelu_backward,
    .causal_softmax = causal_softmax,
    .causal_softmax_backward = causal_softmax_backward,
    .row_dots = row_dots,
    .cross_entropy = cross_entropy,
    .cross_entropy_gradient = cross_entropy_gradient,
    .adamw = adamw,
};

#ifdef CK_TARGET
#pragma clang attribute pop
#endif
