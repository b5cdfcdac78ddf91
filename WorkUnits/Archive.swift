import Compression

/// The container of everything bulky that travels: a manifest, and chunks that are compressed one by one.
///
/// Opening it reads the header, the manifest and the chunk table, and checks every length against its bound and against
/// the size of the whole, before anything of that length is read. Chunks are read alone, when asked for. FORMAT.md
/// specifies the bytes.
public struct Archive: Sendable {
    public enum Kind: UInt16, Hashable, Sendable, CaseIterable {
        case tokens = 1
        case unit = 2
        case update = 3
    }

    /// Where a chunk lies, how many bytes it has, and how many they stand for.
    public struct Chunk: Hashable, Sendable {
        public let offset: Int
        public let stored: Int
        public let raw: Int
    }

    public static let currentFormat: UInt16 = 1
    public static let maximumManifestBytes = 1 << 20
    public static let maximumChunks = 1 << 16
    public static let maximumRawBytes = 1 << 20
    /// More bytes than any encoder needs for a chunk of `raw` bytes.
    static func maximumStoredBytes(_ raw: Int) -> Int { 2 * raw + 64 }

    static let magic = Array("CARAVAN".utf8) + [0x1A]
    static let headerBytes = 20
    static let tableEntryBytes = 8

    public let kind: Kind
    /// Canonical JSON; what it holds depends on the kind.
    public let manifest: [UInt8]
    public let chunks: [Chunk]
    private let bytes: any RandomAccessBytes

    public init(_ bytes: any RandomAccessBytes) throws(MalformedArchive) {
        let header = try Header(bytes)
        let table = try bytes.archived(
            header.chunkCount * Self.tableEntryBytes, at: Self.headerBytes + header.manifestBytes)
        kind = header.kind
        chunks = try Self.chunks(table, from: header.payloadOffset, to: bytes.count)
        manifest = try bytes.archived(header.manifestBytes, at: Self.headerBytes)
        self.bytes = bytes
    }

    init(_ bytes: any RandomAccessBytes, expecting kind: Kind) throws(MalformedArchive) {
        try self.init(bytes)
        guard self.kind == kind else {
            throw MalformedArchive("it is of kind '\(self.kind)', not '\(kind)'")
        }
    }

    func manifest<Manifest: Codable>(as type: Manifest.Type) throws(MalformedArchive) -> Manifest {
        do {
            return try CanonicalJSON.decode(type, from: manifest, limit: Self.maximumManifestBytes)
        } catch {
            throw MalformedArchive("manifest: \(error)")
        }
    }

    /// A chunk as it is stored, compressed.
    func stored(_ index: Int) throws(MalformedArchive) -> [UInt8] {
        try bytes.archived(chunks[index].stored, at: chunks[index].offset)
    }

    /// The `raw` bytes of a chunk that is a zlib stream: never inflated beyond them.
    package func inflated(_ index: Int) throws(MalformedArchive) -> [UInt8] {
        guard let raw = Zlib.inflate(try stored(index), size: chunks[index].raw) else {
            throw MalformedArchive("chunk \(index) is not a zlib stream of exactly \(chunks[index].raw) bytes")
        }
        return raw
    }

    private static func chunks(_ table: [UInt8], from start: Int, to end: Int) throws(MalformedArchive) -> [Chunk] {
        var chunks: [Chunk] = []
        chunks.reserveCapacity(table.count / tableEntryBytes)
        var offset = start
        for entry in stride(from: 0, to: table.count, by: tableEntryBytes) {
            let stored = Int(table.littleEndian(UInt32.self, at: entry))
            let raw = Int(table.littleEndian(UInt32.self, at: entry + 4))
            guard (1...maximumRawBytes).contains(raw), (1...maximumStoredBytes(raw)).contains(stored) else {
                throw MalformedArchive("chunk \(chunks.count) cannot hold \(raw) bytes in \(stored)")
            }
            chunks.append(Chunk(offset: offset, stored: stored, raw: raw))
            offset += stored
        }
        guard offset == end else {
            throw MalformedArchive("its chunks end at byte \(offset), the archive at \(end)")
        }
        return chunks
    }
}

extension Archive {
    /// The first `headerBytes`, with every number within its bound.
    private struct Header {
        let kind: Kind
        let manifestBytes: Int
        let chunkCount: Int

        init(_ bytes: any RandomAccessBytes) throws(MalformedArchive) {
            guard bytes.count >= Archive.headerBytes else {
                throw MalformedArchive("\(bytes.count) bytes are fewer than its header has")
            }
            let header = try bytes.archived(Archive.headerBytes, at: 0)
            guard header.starts(with: Archive.magic) else {
                throw MalformedArchive("it does not begin like a Caravan archive")
            }
            let kind = header.littleEndian(UInt16.self, at: 8)
            let format = header.littleEndian(UInt16.self, at: 10)
            guard format == Archive.currentFormat else {
                throw MalformedArchive("format \(format) is not \(Archive.currentFormat): update this software")
            }
            guard let kind = Kind(rawValue: kind) else {
                throw MalformedArchive("kind \(kind) is unknown")
            }
            self.kind = kind
            manifestBytes = Int(header.littleEndian(UInt32.self, at: 12))
            chunkCount = Int(header.littleEndian(UInt32.self, at: 16))
            guard manifestBytes <= Archive.maximumManifestBytes else {
                throw MalformedArchive(
                    "its manifest of \(manifestBytes) bytes exceeds \(Archive.maximumManifestBytes)")
            }
            guard chunkCount <= Archive.maximumChunks else {
                throw MalformedArchive("its \(chunkCount) chunks exceed \(Archive.maximumChunks)")
            }
            guard payloadOffset <= bytes.count else {
                throw MalformedArchive("its chunk table ends at byte \(payloadOffset), the archive at \(bytes.count)")
            }
        }

        var payloadOffset: Int { Archive.headerBytes + manifestBytes + chunkCount * Archive.tableEntryBytes }
    }
}

/// Bytes that are not the archive they should be, and why. Thrown before anything is used.
public struct MalformedArchive: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "malformed archive: \(reason)" }
}

extension RandomAccessBytes {
    fileprivate func archived(_ count: Int, at offset: Int) throws(MalformedArchive) -> [UInt8] {
        do {
            return try read(count, at: offset)
        } catch {
            throw MalformedArchive(error.description)
        }
    }
}
