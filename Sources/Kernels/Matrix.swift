/// A row-major window `[rows, columns]` into a `FloatBuffer`, which must outlive it.
///
/// A vector is a matrix of one row.
///
/// Every window is cut from a checked one, so an operation that compares its operands' shapes may then go unchecked.
/// Windows may be written from several threads as long as they do not overlap: the one who cuts sees to that.
public struct Matrix: @unchecked Sendable {
    public let rows: Int
    public let columns: Int
    /// Floats from one row to the next.
    public let stride: Int
    let base: UnsafeMutablePointer<Float>

    init(base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        self.base = base
        self.rows = rows
        self.columns = columns
        self.stride = stride
    }

    /// A shape without memory, for counting: not to be touched.
    static func counted(rows: Int, columns: Int) -> Matrix {
        Matrix(base: nowhere, rows: rows, columns: columns, stride: columns)
    }

    // SAFETY: never read nor written; lives as long as the program.
    nonisolated(unsafe) private static let nowhere = UnsafeMutablePointer<Float>.allocate(capacity: 1)

    public func rows(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of \(rows)")
        return Matrix(base: base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
    }

    public func columns(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= columns, "columns \(range) of \(columns)")
        return Matrix(base: base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
    }

    /// A part of one row, from `offset` on, as a matrix of its own.
    public func window(at offset: Int, rows count: Int, columns width: Int) -> Matrix {
        precondition(
            rows == 1 && offset >= 0 && count >= 0 && width >= 0 && offset + count * width <= columns,
            "[\(count), \(width)] at \(offset) lies outside of \(shape)")
        return Matrix(base: base + offset, rows: count, columns: width, stride: width)
    }

    /// All elements, row by row.
    public var values: [Float] {
        (0..<rows).flatMap { UnsafeBufferPointer(start: base + $0 * stride, count: columns) }
    }

    /// Sets all elements, row by row.
    public func assign(_ values: [Float]) {
        precondition(values.count == rows * columns, "\(values.count) values for \(shape)")
        values.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            // SAFETY: the counts are equal.
            for row in 0..<rows { (base + row * stride).update(from: start + row * columns, count: columns) }
        }
    }

    public func fill(_ value: Float) {
        for row in 0..<rows { (base + row * stride).update(repeating: value, count: columns) }
    }

    /// Copies a matrix of the same shape that does not overlap.
    public func copy(_ other: Matrix) {
        require(other, is: (rows, columns))
        for row in 0..<rows { (base + row * stride).update(from: other.base + row * other.stride, count: columns) }
    }

    public subscript(row: Int, column: Int) -> Float {
        get {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] of \(shape)")
            return base[row * stride + column]
        }
        nonmutating set {
            precondition(row >= 0 && row < rows && column >= 0 && column < columns, "[\(row), \(column)] of \(shape)")
            base[row * stride + column] = newValue
        }
    }

    /// No gap between the rows.
    var isContiguous: Bool { stride == columns || rows <= 1 }

    var shape: String { "[\(rows), \(columns)]" }
}

/// The check at the door of every operation.
func require(_ matrix: Matrix, is shape: (rows: Int, columns: Int), contiguous: Bool = false) {
    precondition(
        matrix.rows == shape.rows && matrix.columns == shape.columns,
        "\(matrix.shape) is not [\(shape.rows), \(shape.columns)]")
    precondition(!contiguous || matrix.isContiguous, "\(matrix.shape) has gaps between its rows")
}
