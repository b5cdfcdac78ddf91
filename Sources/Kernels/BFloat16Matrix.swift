import CKernels

/// A row-major window of bfloat16: the upper half of a float32, 8 significant bits.
public struct BFloat16Matrix: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    let stride: Int
    let base: UnsafeMutablePointer<UInt16>

    /// In the memory of a row of floats, half as many as its elements, rounded up.
    init(in floats: Matrix, rows: Int, columns: Int) {
        precondition(
            floats.rows == 1 && 2 * floats.columns >= rows * columns, "[\(rows), \(columns)] in \(floats.shape)")
        // SAFETY: the memory is large enough, aligned to more than an element, and only ever used as these elements.
        self.init(
            base: UnsafeMutableRawPointer(floats.base).bindMemory(to: UInt16.self, capacity: rows * columns),
            rows: rows, columns: columns, stride: columns)
    }

    private init(base: UnsafeMutablePointer<UInt16>, rows: Int, columns: Int, stride: Int) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    public subscript(rows range: Range<Int>, columns columnRange: Range<Int>) -> BFloat16Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        precondition(
            columnRange.lowerBound >= 0 && columnRange.upperBound <= columns, "columns \(columnRange) of \(columns)")
        return BFloat16Matrix(
            base: base + range.lowerBound * stride + columnRange.lowerBound, rows: range.count,
            columns: columnRange.count, stride: stride)
    }
}

extension Arithmetic {
    /// `y` is `x`, each rounded to the nearest bfloat16, ties to even: `[n, C]`.
    public func round(_ x: Matrix, into y: BFloat16Matrix) {
        require(x, is: (y.rows, y.columns))
        loops.to_bfloat16(x.rows, x.columns, x.base, x.stride, y.base, y.stride)
    }

    /// `y = x`, which loses nothing: `[n, C]`.
    public func widen(_ x: BFloat16Matrix, into y: Matrix) {
        require(y, is: (x.rows, x.columns))
        loops.from_bfloat16(x.rows, x.columns, x.base, x.stride, y.base, y.stride)
    }

    /// `y` is `x` rounded to bfloat16, as float32: `[n, C]`. `y` may be `x`.
    public func round(_ x: Matrix, into y: Matrix) {
        require(x, is: (y.rows, y.columns))
        loops.round_bfloat16(x.rows, x.columns, x.base, x.stride, y.base, y.stride)
    }
}
