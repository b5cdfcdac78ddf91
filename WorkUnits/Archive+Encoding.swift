import Compression

extension Archive {
    /// A chunk ready to be written: its bytes, and how many they stand for.
    struct Packed {
        /// An entry of the chunk table.
        struct Size {
            let stored: Int
            let raw: Int
        }

        let stored: [UInt8]
        let raw: Int

        var size: Size { Size(stored: stored.count, raw: raw) }

        /// A zlib stream of 1 ... `maximumRawBytes` bytes.
        init(deflating bytes: [UInt8]) {
            stored = Zlib.deflate(bytes)
            raw = bytes.count
        }

        init(_ tokens: ArraySlice<UInt32>) {
            stored = TokenChunk.encode(tokens)
            raw = tokens.count * TokenChunk.rawBytesPerToken
        }

        /// A chunk of another archive, untouched.
        init(_ index: Int, of archive: Archive) throws(MalformedArchive) {
            stored = try archive.stored(index)
            raw = archive.chunks[index].raw
        }
    }

    /// - Throws: `MalformedArchive` for a manifest or a number of chunks that readers would refuse.
    static func encode(_ kind: Kind, manifest: some Encodable, chunks: [Packed]) throws -> [UInt8] {
        chunks.reduce(into: try head(kind, manifest: manifest, table: chunks.map(\.size))) { $0 += $1.stored }
    }

    /// Everything before the chunks.
    ///
    /// - Throws: as `encode`.
    static func head(_ kind: Kind, manifest: some Encodable, table: [Packed.Size]) throws -> [UInt8] {
        let manifest = try CanonicalJSON.encode(manifest)
        guard manifest.count <= maximumManifestBytes, table.count <= maximumChunks else {
            throw MalformedArchive(
                "a manifest of \(manifest.count) bytes and \(table.count) chunks are too much for one")
        }
        var bytes = magic
        bytes.reserveCapacity(
            headerBytes + manifest.count + table.reduce(0) { $0 + tableEntryBytes + $1.stored })
        bytes.appendLittleEndian(kind.rawValue)
        bytes.appendLittleEndian(currentFormat)
        bytes.appendLittleEndian(UInt32(manifest.count))
        bytes.appendLittleEndian(UInt32(table.count))
        bytes += manifest
        for size in table {
            bytes.appendLittleEndian(UInt32(size.stored))
            bytes.appendLittleEndian(UInt32(size.raw))
        }
        return bytes
    }
}
