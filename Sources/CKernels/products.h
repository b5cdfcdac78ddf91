// Products of matrices whose every element is one fixed chain of operations, whatever tile computes it:
//
//     for each block of 256 (CK_BLOCK) consecutive terms:  s = 0; for each term in order: s = fma(a, b, s);  c = c + s
//
// (the first block sets c unless the product is added to it). Tiles, panels and packing differ between instruction sets and
// change no bit: they only choose which chains run side by side. Packing as in Goto and van de Geijn, 2008.

// MARK: Fused multiply-add

#if defined(__FMA__) || defined(__aarch64__) || defined(CK_HAS_FMA)
INLINE v16 fma16(v16 a, v16 b, v16 c) { return __builtin_elementwise_fma(a, b, c); }
#else
typedef double d4 __attribute__((vector_size(32)));
typedef long long l4 __attribute__((vector_size(32)));
typedef float v4f __attribute__((vector_size(16)));

// The product of two floats is exact in a double. Their sum with c is rounded to odd (Boldo and Melquiond, 2008), so that the
// second rounding, to float, gives what a single one would.
INLINE v4f fma4(v4f a, v4f b, v4f c) {
    d4 p = __builtin_convertvector(a, d4) * __builtin_convertvector(b, d4), x = __builtin_convertvector(c, d4);
    d4 s = p + x, t = s - p, error = (p - (s - t)) + (x - t);
    l4 bits = (l4)s, inexact = (error > 0) | (error < 0), even = (bits & 1) == 0;
    l4 away = (error > 0) == (s > 0);
    bits += inexact & even & ((away & 2) - 1);
    return __builtin_convertvector((d4)bits, v4f);
}

static __attribute__((noinline, cold)) void fma16_by_odd(v16 *a, const v16 *b, const v16 *c) {
    for (int part = 0; part < 16; part += 4) {
        v4f p, q, r;
        memcpy(&p, (const float *)a + part, sizeof p);
        memcpy(&q, (const float *)b + part, sizeof q);
        memcpy(&r, (const float *)c + part, sizeof r);
        p = fma4(p, q, r);
        memcpy((float *)a + part, &p, sizeof p);
    }
}

// Rounding twice errs only where the sum in double is the middle between two floats: the 29 bits that a float lacks are a one
// and zeros, or, where it is below the normal floats, more bits than those. Only with such a lane is the sum rounded to odd.
INLINE v16 fma16(v16 a, v16 b, v16 c) {
    typedef int i8 __attribute__((vector_size(32)));
    // A double's lower word is compared with half of a float's last place, its upper one with zero and the least normal float;
    // in the other word stands what is never met.
    enum { LOWER = 0x1FFFFFFF, HALF = 0x10000000, UPPER = 0x7FFFFFFF, NORMAL = 0x38100000, MOST = 0x7FFFFFFF };
    const i8 mask = {LOWER, UPPER, LOWER, UPPER, LOWER, UPPER, LOWER, UPPER};
    const i8 half = {HALF, -1, HALF, -1, HALF, -1, HALF, -1}, zero = {MOST, 0, MOST, 0, MOST, 0, MOST, 0};
    v16 y;
    i8 doubt = mask & 0;
#pragma clang loop unroll(full)
    for (int part = 0; part < 16; part += 4) {
        v4f p, q, r;
        memcpy(&p, (const float *)&a + part, sizeof p);
        memcpy(&q, (const float *)&b + part, sizeof q);
        memcpy(&r, (const float *)&c + part, sizeof r);
        d4 s = __builtin_convertvector(p, d4) * __builtin_convertvector(q, d4) + __builtin_convertvector(r, d4);
        i8 words = (i8)s & mask;
        doubt |= (words == half) | ((words > zero) & (words < NORMAL));
        p = __builtin_convertvector(s, v4f);
        memcpy((float *)&y + part, &p, sizeof p);
    }
    if (__builtin_expect(__builtin_reduce_or(doubt) != 0, 0)) {
        y = a;
        fma16_by_odd(&y, &b, &c);
    }
    return y;
}
#endif

// MARK: Tiles

// A tile is TILE_ROWS rows by TILE_VECTORS vectors: its sums fill the registers.
#ifndef TILE_ROWS
#define TILE_ROWS 6
#define TILE_VECTORS 1
#endif

enum {
    PANEL = LANES * TILE_VECTORS,
    // Rows and columns of what is packed at once: a block of columns stays in the second cache, a tile's rows in the first.
    ROWS = 256,
    COLUMNS = 512,
};

_Static_assert(CK_PANEL % PANEL == 0, "panels divide the unit in which packed factors may be cut");
_Static_assert(
    CK_WORKSPACE >= (COLUMNS + ROWS + TILE_ROWS) * CK_BLOCK, "a block of both factors fits into the workspace");

// c [rows, PANEL] = or += a' b: a [terms][TILE_ROWS], b [terms][PANEL].
INLINE void tile(const int rows, long terms, const float *a, const float *b, float *c, long stride, int adding) {
    v16 s[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < TILE_VECTORS; v++) {
            s[r][v] = all(0);
            __builtin_prefetch(c + r * stride + LANES * v, 1);
        }
    }
#pragma clang loop unroll_count(4)
    for (long i = 0; i < terms; i++, a += TILE_ROWS, b += PANEL) {
        v16 y[TILE_VECTORS];
        for (int v = 0; v < TILE_VECTORS; v++) {
            __builtin_prefetch(b + 8 * PANEL + LANES * v);
            y[v] = *(const v16_anywhere *)(b + LANES * v);
        }
#pragma clang loop unroll(full)
        for (int r = 0; r < rows; r++) {
            v16 x = all(a[r]);
            for (int v = 0; v < TILE_VECTORS; v++) s[r][v] = fma16(x, y[v], s[r][v]);
        }
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
        for (int v = 0; v < TILE_VECTORS; v++) {
            v16_anywhere *out = (v16_anywhere *)(c + r * stride + LANES * v);
            *out = adding ? *out + s[r][v] : s[r][v];
        }
    }
}

static void some_rows(long rows, long terms, const float *a, const float *b, float *c, long stride, int adding) {
    switch (rows) {
#define CK_ROWS(n) case n: tile(n, terms, a, b, c, stride, adding); break;
        CK_ROWS(1) CK_ROWS(2) CK_ROWS(3) CK_ROWS(4) CK_ROWS(5) CK_ROWS(6)
#if TILE_ROWS > 6
        CK_ROWS(7) CK_ROWS(8) CK_ROWS(9) CK_ROWS(10) CK_ROWS(11) CK_ROWS(12)
#endif
#undef CK_ROWS
    }
}

// A tile that may end before its last column.
INLINE void some_columns(
    long rows, long columns, long terms, const float *a, const float *b, float *c, long stride, int adding
) {
    if (columns >= PANEL) {
        if (rows == TILE_ROWS) tile(TILE_ROWS, terms, a, b, c, stride, adding);
        else some_rows(rows, terms, a, b, c, stride, adding);
        return;
    }
    float whole[TILE_ROWS * PANEL];
    some_rows(rows, terms, a, b, whole, PANEL, 0);
    for (long r = 0; r < rows; r++) {
        for (long i = 0; i < columns; i++) {
            float s = whole[r * PANEL + i];
            c[r * stride + i] = adding ? c[r * stride + i] + s : s;
        }
    }
}

// MARK: Packing

// The first 4 columns of 4 rows of a matrix, turned.
INLINE void turn(const float *from, long across, float *to, long width) {
    typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));
    v4 a = *(const v4 *)from, b = *(const v4 *)(from + across);
    v4 c = *(const v4 *)(from + 2 * across), d = *(const v4 *)(from + 3 * across);
    v4 e = __builtin_shufflevector(a, b, 0, 4, 1, 5), f = __builtin_shufflevector(c, d, 0, 4, 1, 5);
    v4 g = __builtin_shufflevector(a, b, 2, 6, 3, 7), h = __builtin_shufflevector(c, d, 2, 6, 3, 7);
    *(v4 *)to = __builtin_shufflevector(e, f, 0, 1, 4, 5);
    *(v4 *)(to + width) = __builtin_shufflevector(e, f, 2, 3, 6, 7);
    *(v4 *)(to + 2 * width) = __builtin_shufflevector(g, h, 0, 1, 4, 5);
    *(v4 *)(to + 3 * width) = __builtin_shufflevector(g, h, 2, 3, 6, 7);
}

// panels[j][i][x] = s[i * along + (j * width + x) * across] for i < terms, j * width + x < count; zero after that.
//
// Rows of many matrices lie a power of two apart, in the same few places of a cache: each line is read once, to its end.
INLINE void pack_panels(
    long terms, long count, const float *s, long along, long across, const long width, float *panels
) {
    const long whole = count / width, group = 128 / width;
    if (across == 1) {
        for (long first = 0; first < whole; first += group) {
            long end = whole - first < group ? whole : first + group;
            for (long i = 0; i < terms; i++)
                for (long j = first; j < end; j++)
                    memcpy(panels + (j * terms + i) * width, s + i * along + j * width, (size_t)width * sizeof(float));
        }
    } else {
        for (long j = 0; j < whole; j++) {
            const float *from = s + j * width * across;
            float *to = panels + j * width * terms;
            long i = 0;
            for (; along == 1 && i + LANES <= terms; i += LANES) {
                long x = 0;
                for (; x + 4 <= width; x += 4)
                    for (long k = i; k < i + LANES; k += 4) turn(from + k + x * across, across, to + k * width + x, width);
                for (; x < width; x++)
                    for (long k = i; k < i + LANES; k++) to[k * width + x] = from[k + x * across];
            }
            for (; i < terms; i++)
                for (long x = 0; x < width; x++) to[i * width + x] = from[i * along + x * across];
        }
    }
    if (whole * width < count) {
        s += whole * width * across, panels += whole * width * terms;
        for (long i = 0; i < terms; i++)
            for (long x = 0; x < width; x++)
                panels[i * width + x] = x < count - whole * width ? s[i * along + x * across] : 0;
    }
}

static void pack(long terms, long columns, const float *b, long down, long right, float *packed) {
    pack_panels(terms, columns, b, down, right, PANEL, packed);
}

// MARK: Products

// One block of terms: rows of a are packed here, panels of b lie `panel_stride` apart.
INLINE void block_of_terms(
    long rows, long columns, long terms, const float *a, long a_down, long a_right, const float *panels,
    long panel_stride, float *c, long stride, int adding, float *workspace
) {
    pack_panels(terms, rows, a, a_right, a_down, TILE_ROWS, workspace);
    for (long first = 0; first < columns; first += COLUMNS) {
        long end = columns - first < COLUMNS ? columns : first + COLUMNS;
        for (long r = 0; r < rows; r += TILE_ROWS)
            for (long j = first; j < end; j += PANEL)
                some_columns(
                    rows - r < TILE_ROWS ? rows - r : TILE_ROWS, columns - j, terms, workspace + r * terms,
                    panels + j / PANEL * panel_stride, c + r * stride + j, stride, adding);
    }
}

static void product_packed(
    long rows, long columns, long terms, const float *a, long a_down, long a_right, const float *packed, float *c,
    long stride, int adding, float *workspace
) {
    for (long r = 0; r < rows; r += ROWS)
        for (long i = 0; i < terms; i += CK_BLOCK)
            block_of_terms(
                rows - r < ROWS ? rows - r : ROWS, columns, terms - i < CK_BLOCK ? terms - i : CK_BLOCK,
                a + r * a_down + i * a_right, a_down, a_right, packed + i * PANEL, terms * PANEL, c + r * stride, stride,
                adding || i > 0, workspace);
}

static void product(
    long rows, long columns, long terms, const float *a, long a_down, long a_right, const float *b, long b_down,
    long b_right, float *c, long stride, int adding, float *workspace
) {
    float *panels = workspace + (ROWS + TILE_ROWS) * CK_BLOCK;
    for (long j = 0; j < columns; j += COLUMNS) {
        long width = columns - j < COLUMNS ? columns - j : COLUMNS;
        for (long i = 0; i < terms; i += CK_BLOCK) {
            long size = terms - i < CK_BLOCK ? terms - i : CK_BLOCK;
            pack(size, width, b + i * b_down + j * b_right, b_down, b_right, panels);
            for (long r = 0; r < rows; r += ROWS)
                block_of_terms(
                    rows - r < ROWS ? rows - r : ROWS, width, size, a + r * a_down + i * a_right, a_down, a_right, panels,
                    size * PANEL, c + r * stride + j, stride, adding || i > 0, workspace);
        }
    }
}
