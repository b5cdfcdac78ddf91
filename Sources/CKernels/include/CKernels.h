// Vector loops of the trainer: the arithmetic that BLAS does not have.
//
// One body (loops.h) is compiled once per instruction set and chosen at run time. Every loop works on vectors of 16 floats
// whatever the processor's own width, without contraction and without reassociation, and reduces them in one fixed order:
// all instruction sets give the same bits. Matrices are row-major; a stride counts floats from row to row; where none is
// given, rows follow each other without a gap.

#ifndef CARAVAN_CKERNELS_H
#define CARAVAN_CKERNELS_H

#pragma clang assume_nonnull begin

typedef enum ck_instruction_set { CK_BASELINE, CK_AVX2, CK_AVX512 } ck_instruction_set;

enum {
    // Terms of a product that are summed in one chain: part of what the result is.
    CK_BLOCK = 256,
    // Columns in whose multiples a packed factor may be cut.
    CK_PANEL = 32,
    // Floats of memory that a product works in.
    CK_WORKSPACE = 800 * CK_BLOCK,
};

typedef struct ck_loops {
    // Lays a factor b [terms, columns] out for many products: its element [i, j] is b[i * down + j * right]. Takes
    // terms * columns floats, columns rounded up to CK_PANEL; columns from a multiple n of CK_PANEL on begin at terms * n.
    void (*pack)(long terms, long columns, const float *b, long down, long right, float *packed);
    // c [rows, columns] = a b, or c += a b when `adding`: a's element [r, i] is a[r * a_down + i * a_right], b is packed.
    void (*product_packed)(
        long rows, long columns, long terms, const float *a, long a_down, long a_right, const float *packed, float *c,
        long stride, int adding, float *workspace);
    // The same with a factor used once. Each element is the chain of products.h: the same bits, packed or not.
    void (*product)(
        long rows, long columns, long terms, const float *a, long a_down, long a_right, const float *b, long b_down,
        long b_right, float *c, long stride, int adding, float *workspace);

    // y[i] = exp(x[i]). Relative error under 2e-7 for -87 <= x <= 88; saturates outside; NaN stays NaN.
    void (*exponential)(long count, const float *x, float *y);

    // Copies one row to all rows of y [rows, width].
    void (*repeat_row)(long rows, long width, const float *row, float *y);
    // y = x + row, for all rows of x [rows, width].
    void (*add_row)(long rows, long width, const float *x, const float *row, float *y);
    // y += x.
    void (*accumulate)(long count, const float *x, float *y);
    // sums [width] += the sum of all rows of x [rows, width].
    void (*add_column_sums)(long rows, long width, const float *x, float *sums);
    // The sum of the squares, lanes in float32 over blocks of 4096, blocks in float64.
    double (*sum_of_squares)(long count, const float *x);

    // To bfloat16 [rows, width], the nearest, ties to even; back, without loss; both at once.
    void (*to_bfloat16)(long rows, long width, const float *x, long x_stride, unsigned short *y, long y_stride);
    void (*from_bfloat16)(long rows, long width, const unsigned short *x, long x_stride, float *y, long y_stride);
    void (*round_bfloat16)(long rows, long width, const float *x, long x_stride, float *y, long y_stride);

    // y = (x - mean) * scale * gain + bias by row, scale = 1 / sqrt(variance + 1e-5); keeps mean and scale [rows].
    void (*layer_norm)(
        long rows, long width, const float *x, const float *gain, const float *bias, float *y, float *mean, float *scale);
    // The same y from the mean and scale that were kept.
    void (*normalize)(
        long rows, long width, const float *x, const float *gain, const float *bias, const float *mean, const float *scale,
        float *y);
    // dx = skip + gradient through the norm; dgain, dbias [width] are added to. dx may be skip.
    void (*layer_norm_backward)(
        long rows, long width, const float *dy, const float *x, const float *gain, const float *mean, const float *scale,
        const float *skip, float *dx, float *dgain, float *dbias);

    // y = x * sigmoid(2 sqrt(2/pi) (x + 0.044715 x^3)), which is the tanh form of GELU.
    void (*gelu)(long count, const float *x, float *y);
    // dy *= gelu'(x), and y = gelu(x) again.
    void (*gelu_backward)(long count, const float *x, float *y, float *dy);

    // In place by row: softmax of scale * s over the columns 0 ... first + row, zero after them up to columns rounded up to 16.
    // Keeps the row's maximum of scale * s, and 1 / sum.
    void (*causal_softmax)(
        long rows, long columns, long stride, long first, float scale, float *s, float *maximum, float *inverse);
    // s becomes the probabilities again; dp becomes the gradient of the unscaled scores, p * (dp - dot) * scale.
    void (*causal_softmax_backward)(
        long rows, long columns, long stride, long first, float scale, float *s, const float *maximum,
        const float *inverse, float *dp, const float *dot);
    // dots[row] = a[row] . b[row]
    void (*row_dots)(long rows, long width, const float *a, long a_stride, const float *b, long b_stride, float *dots);

    // loss[row] = log(sum(exp(logits))) - logits[target]; hit[row] = 1 when the target is the (first) greatest.
    void (*cross_entropy)(
        long rows, long width, const float *logits, const unsigned *targets, float *loss, unsigned char *hit);
    // loss as above; the logits become their gradient (softmax - onehot) * scale.
    void (*cross_entropy_gradient)(
        long rows, long width, float *logits, const unsigned *targets, float scale, float *loss);

    // m = b1 m + (1 - b1) s g; v = b2 v + (1 - b2) (s g)^2; w = w keep - rate m / (sqrt(v) root + epsilon)
    void (*adamw)(
        long count, float *w, const float *g, float *m, float *v, float gradient_scale, float beta1, float beta2,
        float keep, float rate, float root, float epsilon);
} ck_loops;

// The loops for an instruction set, or null when this processor lacks it.
const ck_loops *_Nullable ck_loops_for(ck_instruction_set set);

// The loops that every processor of this architecture can run.
const ck_loops *ck_loops_baseline(void);

// Tells the processor that this is a spinning wait.
static inline void ck_spin(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#pragma clang assume_nonnull end

#endif
