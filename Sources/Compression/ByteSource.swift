/// Bytes from outside, in order: a file, standard input, memory.
public protocol ByteSource: AnyObject {
    /// Waits for bytes and writes some of them into the buffer, which is not empty.
    ///
    /// - Returns: how many were written, 1 ... `buffer.count`; 0 at the end, from then on always.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(UnreadableSource) -> Int
}

/// A source that gives no more bytes although it has not ended.
public struct UnreadableSource: Error, Hashable, Sendable, CustomStringConvertible {
    /// In the system's words.
    public var reason: String

    public init(reason: String) {
        self.reason = reason
    }

    public var description: String { reason }
}
