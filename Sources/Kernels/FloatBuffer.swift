#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Memory for floats: allocated once, zero at first, aligned for vectors and on huge pages where the system gives them.
///
/// Lends `Matrix` windows, which are valid as long as the buffer lives: whoever keeps windows keeps the buffer beside them.
public final class FloatBuffer: @unchecked Sendable {
    public let count: Int
    private let base: UnsafeMutablePointer<Float>

    private static let hugePage = 2 << 20

    public init(count: Int) {
        precondition(count >= 0, "a buffer of \(count) floats")
        self.count = count
        let bytes = count * MemoryLayout<Float>.stride
        let alignment = bytes >= Self.hugePage ? Self.hugePage : 64
        let raw = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: alignment)
        #if os(Linux)
        if alignment == Self.hugePage { madvise(raw, bytes, Int32(MADV_HUGEPAGE)) }
        #endif
        base = raw.bindMemory(to: Float.self, capacity: count)
        base.initialize(repeating: 0, count: count)
    }

    public convenience init(_ values: [Float]) {
        self.init(count: values.count)
        assign(values, at: 0)
    }

    deinit {
        base.deallocate()
    }

    /// A window of `[rows, columns]` whose first element is at `offset`.
    public func matrix(at offset: Int = 0, rows: Int, columns: Int) -> Matrix {
        precondition(
            offset >= 0 && rows >= 0 && columns >= 0 && offset + rows * columns <= count,
            "[\(rows), \(columns)] at \(offset) lies outside of \(count) floats")
        // SAFETY: the precondition above keeps every element of the window inside of the allocation.
        return Matrix(base: base + offset, rows: rows, columns: columns, stride: columns)
    }

    /// A window of one row.
    public func row(_ range: Range<Int>) -> Matrix {
        matrix(at: range.lowerBound, rows: 1, columns: range.count)
    }

    public func values(_ range: Range<Int>) -> [Float] {
        row(range).values
    }

    public func assign(_ values: [Float], at offset: Int) {
        row(offset..<offset + values.count).assign(values)
    }
}
