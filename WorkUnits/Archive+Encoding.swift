import Compression

extension Archive {
    /// A chunk ready to be written: its bytes, and how many they stand for.
    struct Packed {
        let stored: [UInt8]
        let raw: Int

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
        let manifest = try CanonicalJSON.encode(manifest)
        guard manifest.count <= maximumManifestBytes, chunks.count <= maximumChunks else {
            throw MalformedArchive(
                "a manifest of \(manifest.count) bytes and \(chunks.count) chunks are too much for one")
        }
        var bytes = magic
        bytes.reserveCapacity(
            headerBytes + manifest.count + chunks.reduce(0) { $0 + tableEntryBytes + $1.stored.count })
        bytes.appendLittleEndian(kind.rawValue)
        bytes.appendLittleEndian(currentFormat)
        bytes.appendLittleEndian(UInt32(manifest.count))
        bytes.appendLittleEndian(UInt32(chunks.count))
        bytes += manifest
        for chunk in chunks {
            bytes.appendLittleEndian(UInt32(chunk.stored.count))
            bytes.appendLittleEndian(UInt32(chunk.raw))
        }
        for chunk in chunks { bytes += chunk.stored }
        return bytes
    }
}
