import Compression

/// Bytes in memory that arrive in small pieces, and may break off with a failure.
public final class MemorySource: ByteSource {
    private var rest: ArraySlice<UInt8>
    private let piece: Int
    private let failure: UnreadableSource?

    /// - Parameters:
    ///   - piece: how many bytes arrive at once, at most.
    ///   - failure: what comes instead of the end.
    public init(_ bytes: [UInt8], piece: Int = .max, failure: UnreadableSource? = nil) {
        rest = bytes[...]
        self.piece = piece
        self.failure = failure
    }

    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(UnreadableSource) -> Int {
        if rest.isEmpty, let failure { throw failure }
        let count = min(rest.count, piece, buffer.count)
        buffer.copyBytes(from: rest.prefix(count))
        rest = rest.dropFirst(count)
        return count
    }
}
