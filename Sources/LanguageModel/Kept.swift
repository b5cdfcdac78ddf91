import Kernels

/// A matrix that the forward pass leaves for the backward pass, `[M, n]`.
enum Kept {
    case float32(Matrix)
    case bfloat16(BFloat16Matrix)
    /// Kept whole to compute from again, read rounded to bfloat16: what a matrix kept in bfloat16 would give.
    case roundedWhenRead(Matrix)

    /// Where to compute some of it: its own place, or else `scratch`, to be kept afterwards.
    func place(_ rows: Range<Int>, _ columns: Range<Int>, else scratch: () -> Matrix) -> Matrix {
        if case .float32(let matrix) = self { return matrix.rows(rows).columns(columns) }
        return scratch()
    }

    /// Keeps what was computed.
    func keep(_ values: Matrix, _ rows: Range<Int>, _ columns: Range<Int>, _ arithmetic: Arithmetic) {
        switch self {
        case .float32(let matrix), .roundedWhenRead(let matrix): matrix.rows(rows).columns(columns).copy(values)
        case .bfloat16(let matrix): arithmetic.round(values, into: matrix[rows: rows, columns: columns])
        }
    }

    /// Some of it, in its own place or in `scratch`.
    func read(_ rows: Range<Int>, _ columns: Range<Int>, _ arithmetic: Arithmetic, into scratch: () -> Matrix) -> Matrix
    {
        switch self {
        case .float32(let matrix): return matrix.rows(rows).columns(columns)
        case .bfloat16(let matrix):
            let wide = scratch()
            arithmetic.widen(matrix[rows: rows, columns: columns], into: wide)
            return wide
        case .roundedWhenRead(let matrix):
            let rounded = scratch()
            arithmetic.round(matrix.rows(rows).columns(columns), into: rounded)
            return rounded
        }
    }

    /// As it was kept, if it was kept whole.
    var exact: Matrix? {
        switch self {
        case .float32(let matrix), .roundedWhenRead(let matrix): matrix
        case .bfloat16: nil
        }
    }
}
