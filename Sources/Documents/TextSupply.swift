import Compression

/// A file's text in pieces, whether it is compressed or not.
enum TextSupply {
    case plain(HeadedSource)
    case gzip(GzipReader)

    enum Piece {
        case bytes(Int)
        case broken(GzipReader.BrokenMember)
        case end
    }

    /// Gzip is known by its first bytes, or by the file's name: then other bytes are a broken member.
    init(_ source: any ByteSource, name: String) throws(UnreadableSource) {
        let headed = try HeadedSource(source)
        let isGzip = GzipReader.begins(headed.head) || TextFormat.isNamedGzip(name)
        self = isGzip ? .gzip(GzipReader(headed)) : .plain(headed)
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(UnreadableSource) -> Piece {
        switch self {
        case .plain(let source):
            let count = try source.read(into: buffer)
            return count > 0 ? .bytes(count) : .end
        case .gzip(let reader):
            switch try reader.read(into: buffer) {
            case .bytes(let count): return .bytes(count)
            case .broken(let member): return .broken(member)
            case .end: return .end
            }
        }
    }
}

/// A source whose first two bytes can be looked at before they are read.
final class HeadedSource: ByteSource {
    private(set) var head: [UInt8] = []
    private let source: any ByteSource

    init(_ source: any ByteSource) throws(UnreadableSource) {
        self.source = source
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 2, alignment: 1)
        defer { bytes.deallocate() }
        while head.count < 2 {
            let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[head.count...]))
            guard count > 0 else { break }
            head += bytes[head.count..<head.count + count]
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws(UnreadableSource) -> Int {
        guard !head.isEmpty else { return try source.read(into: buffer) }
        let count = min(head.count, buffer.count)
        buffer.copyBytes(from: head.prefix(count))
        head.removeFirst(count)
        return count
    }
}
