import Compression

/// A block of token ids as it is stored and named: an archive of kind `tokens`.
public enum TokenShard {
    /// The most tokens that one shard can have.
    public static let maximumTokens = 1 << 24

    /// What the archive says about its tokens.
    public struct Manifest: Codable, Hashable, Sendable {
        public var format: Int
        /// 1 ... `maximumTokens`.
        public var tokenCount: Int
        /// Every id is below this. Up to 65 536 an id has two bytes, above it four.
        public var vocabulary: Int

        public static let currentFormat = 1
    }

    /// - Throws: `MalformedArchive` for no tokens, too many, or ids outside the vocabulary.
    public static func encode(_ tokens: [UInt32], vocabulary: Int) throws -> [UInt8] {
        let layout = try TokenLayout(count: tokens.count, vocabulary: vocabulary)
        return try Archive.encode(
            .tokens,
            manifest: Manifest(
                format: Manifest.currentFormat, tokenCount: tokens.count, vocabulary: vocabulary),
            chunks: try layout.deflate(tokens))
    }

    public static func decode(_ bytes: any RandomAccessBytes) throws(MalformedArchive) -> [UInt32] {
        let (archive, layout) = try open(bytes)
        return try layout.tokens(of: archive)
    }

    static func open(_ bytes: any RandomAccessBytes) throws(MalformedArchive) -> (Archive, TokenLayout) {
        let archive = try Archive(bytes, expecting: .tokens)
        let manifest = try archive.manifest(as: Manifest.self)
        guard manifest.format == Manifest.currentFormat else {
            throw MalformedArchive("shard format \(manifest.format) is not \(Manifest.currentFormat)")
        }
        return (archive, try TokenLayout(count: manifest.tokenCount, vocabulary: manifest.vocabulary))
    }
}

/// How token ids become chunks: little-endian integers, `chunkTokens` in every chunk but the last.
struct TokenLayout: Hashable {
    static let chunkTokens = 1 << 18

    let count: Int
    let vocabulary: Int

    init(count: Int, vocabulary: Int) throws(MalformedArchive) {
        guard (1...TokenShard.maximumTokens).contains(count) else {
            throw MalformedArchive("\(count) tokens are not between 1 and \(TokenShard.maximumTokens)")
        }
        guard (1...1_000_000).contains(vocabulary) else {
            throw MalformedArchive("a vocabulary of \(vocabulary) is not between 1 and 1000000")
        }
        self.count = count
        self.vocabulary = vocabulary
    }

    var bytesPerToken: Int { vocabulary <= 1 << 16 ? 2 : 4 }

    func deflate(_ tokens: [UInt32]) throws(MalformedArchive) -> [Archive.Deflated] {
        try check(tokens)
        return tokens.divided(into: Self.chunkTokens).map { chunk in
            var bytes: [UInt8] = []
            bytes.reserveCapacity(chunk.count * bytesPerToken)
            for token in chunk {
                if bytesPerToken == 2 {
                    bytes.appendLittleEndian(UInt16(token))
                } else {
                    bytes.appendLittleEndian(token)
                }
            }
            return Archive.Deflated(bytes, .repetitions)
        }
    }

    func tokens(of archive: Archive) throws(MalformedArchive) -> [UInt32] {
        try archive.requireChunks(of: count, perChunk: Self.chunkTokens, bytesEach: bytesPerToken)
        var tokens: [UInt32] = []
        tokens.reserveCapacity(count)
        for index in archive.chunks.indices {
            let bytes = try archive.inflated(index)
            for offset in stride(from: 0, to: bytes.count, by: bytesPerToken) {
                tokens.append(
                    bytesPerToken == 2
                        ? UInt32(bytes.littleEndian(UInt16.self, at: offset))
                        : bytes.littleEndian(UInt32.self, at: offset))
            }
        }
        try check(tokens)
        return tokens
    }

    private func check(_ tokens: [UInt32]) throws(MalformedArchive) {
        if let position = tokens.firstIndex(where: { $0 >= vocabulary }) {
            throw MalformedArchive(
                "token \(tokens[position]) at \(position) is outside the vocabulary of \(vocabulary)")
        }
    }
}

extension Archive {
    /// Refuses a chunk table that is not the one for `count` values, `perChunk` in every chunk but the last.
    func requireChunks(of count: Int, perChunk: Int, bytesEach: Int) throws(MalformedArchive) {
        let expected = (count - 1) / perChunk + 1
        guard chunks.count == expected else {
            throw MalformedArchive("\(count) values need \(expected) chunks, not \(chunks.count)")
        }
        for (index, chunk) in chunks.enumerated() {
            let raw = Swift.min(perChunk, count - index * perChunk) * bytesEach
            guard chunk.raw == raw else {
                throw MalformedArchive("chunk \(index) has \(chunk.raw) bytes instead of \(raw)")
            }
        }
    }
}

extension Array {
    /// Consecutive slices of `size`, the last one with the rest.
    func divided(into size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
