/// An archive put together by FORMAT.md alone, without the code under test: right, or wrong in any way.
struct ForeignArchive {
    struct Chunk {
        var stored: [UInt8]
        var raw: Int

        init(stored: [UInt8], raw: Int) {
            self.stored = stored
            self.raw = raw
        }

        /// A zlib stream of one stored block (RFC 1951, section 3.2.4), which any implementation reads.
        init(_ bytes: [UInt8]) {
            let length = UInt16(bytes.count)
            let block = [1, UInt8(length & 255), UInt8(length >> 8), UInt8(~length & 255), UInt8(~length >> 8)] + bytes
            stored = [0x78, 0x01] + block + Self.checksum(bytes)
            raw = bytes.count
        }

        /// Adler-32 (RFC 1950, section 8.2).
        static func checksum(_ bytes: [UInt8]) -> [UInt8] {
            var (low, high): (UInt32, UInt32) = (1, 0)
            for byte in bytes {
                low = (low + UInt32(byte)) % 65_521
                high = (high + low) % 65_521
            }
            return [high >> 8, high & 255, low >> 8, low & 255].map { UInt8($0) }
        }
    }

    var magic = Array("CARAVAN\u{1A}".utf8)
    var kind = 1
    var format = 1
    var manifest: String
    var chunks: [Chunk]
    /// What the header says, if not the truth.
    var manifestBytes: Int?
    var chunkCount: Int?
    var trailing: [UInt8] = []

    init(kind: Int = 1, manifest: String, chunks: [Chunk]) {
        self.kind = kind
        self.manifest = manifest
        self.chunks = chunks
    }

    var bytes: [UInt8] {
        var bytes = magic + little(kind, 2) + little(format, 2)
        bytes += little(manifestBytes ?? manifest.utf8.count, 4) + little(chunkCount ?? chunks.count, 4)
        bytes += manifest.utf8
        for chunk in chunks { bytes += little(chunk.stored.count, 4) + little(chunk.raw, 4) }
        for chunk in chunks { bytes += chunk.stored }
        return bytes + trailing
    }

    private func little(_ value: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
