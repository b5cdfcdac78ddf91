/// Bytes that can be read at any offset: a file, or an array in tests. Reading does not move a cursor.
public protocol RandomAccessBytes: Sendable {
    var count: Int { get }

    /// Exactly `count` bytes from `offset`.
    /// - Throws: `UnreadableBytes` when they do not all exist or the system refuses.
    func read(_ count: Int, at offset: Int) throws(UnreadableBytes) -> [UInt8]

    /// The same, into memory that is there: as many bytes as it has.
    func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int) throws(UnreadableBytes)
}

extension RandomAccessBytes {
    public func read(into memory: UnsafeMutableRawBufferPointer, at offset: Int) throws(UnreadableBytes) {
        // SAFETY: `read` gives exactly as many bytes as the memory has.
        memory.copyBytes(from: try read(memory.count, at: offset))
    }
}

extension [UInt8]: RandomAccessBytes {
    public func read(_ count: Int, at offset: Int) throws(UnreadableBytes) -> [UInt8] {
        guard count >= 0, offset >= 0, offset <= self.count, count <= self.count - offset else {
            throw UnreadableBytes(reason: "\(count) bytes at \(offset) lie outside \(self.count)")
        }
        return Array(self[offset..<offset + count])
    }
}

public struct UnreadableBytes: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }

    public var description: String { "cannot read: \(reason)" }
}
