#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Memory for floats: allocated once, zero at first, aligned for vectors and on huge pages where the system gives them.
///
/// Large buffers take memory from the system only as they are touched.
///
/// Lends `Matrix` windows, which are valid as long as the buffer lives: whoever keeps windows keeps the buffer beside them.
public final class FloatBuffer: @unchecked Sendable {
    public let count: Int
    private let base: UnsafeMutablePointer<Float>
    /// What was mapped for it, if it is large.
    private let mapping: UnsafeMutableRawBufferPointer?

    private static let hugePage = 2 << 20

    public init(count: Int) {
        precondition(count >= 0, "a buffer of \(count) floats")
        self.count = count
        let bytes = count * MemoryLayout<Float>.stride
        mapping = bytes >= Self.hugePage ? Self.map(bytes) : nil
        if let mapping, let start = mapping.baseAddress {
            base = start.alignedUp(toMultipleOf: Self.hugePage).bindMemory(to: Float.self, capacity: count)
        } else {
            base = UnsafeMutableRawPointer.allocate(byteCount: max(bytes, 64), alignment: 64)
                .bindMemory(to: Float.self, capacity: count)
            base.initialize(repeating: 0, count: count)
        }
    }

    public convenience init(_ values: [Float]) {
        self.init(count: values.count)
        assign(values, at: 0)
    }

    deinit {
        if let mapping { munmap(mapping.baseAddress, mapping.count) } else { base.deallocate() }
    }

    /// Zeros from the system, with room to begin at a huge page; nil when it has none to give.
    private static func map(_ bytes: Int) -> UnsafeMutableRawBufferPointer? {
        let size = (bytes + 2 * hugePage - 1) / hugePage * hugePage
        let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        guard let start, start != MAP_FAILED else { return nil }
        #if os(Linux)
        madvise(start, size, Int32(MADV_HUGEPAGE))
        #endif
        return UnsafeMutableRawBufferPointer(start: start, count: size)
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

    /// Lends some floats as the bytes that they have in memory, to be read from a file or digested.
    ///
    /// All systems that this runs on have the least significant byte first, as files do.
    public func withBytes<Failure>(
        of range: Range<Int>, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) lies outside of \(count) floats")
        // SAFETY: the precondition above keeps the range inside of the allocation.
        try body(
            UnsafeMutableRawBufferPointer(
                UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count)))
    }

    /// Whether some floats are all finite.
    public func isFinite(_ range: Range<Int>) -> Bool {
        precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) lies outside of \(count) floats")
        var most: UInt32 = 0
        // SAFETY: the precondition above keeps the range inside of the allocation.
        for index in range { most = max(most, base[index].bitPattern << 1) }
        return most < Float.infinity.bitPattern << 1
    }
}
