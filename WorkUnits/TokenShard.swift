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
        /// Every id is below this.
        public var vocabulary: Int

        public static let currentFormat = 2
    }

    /// The same tokens have the same bytes everywhere.
    ///
    /// - Throws: `MalformedArchive` for no tokens, too many, or ids outside the vocabulary.
    public static func encode(_ tokens: [UInt32], vocabulary: Int) throws -> [UInt8] {
        let layout = try TokenLayout(count: tokens.count, vocabulary: vocabulary)
        return try Archive.encode(
            .tokens,
            manifest: Manifest(
                format: Manifest.currentFormat, tokenCount: tokens.count, vocabulary: vocabulary),
            chunks: try layout.pack(tokens))
    }

    public static func decode(_ bytes: any RandomAccessBytes) throws(MalformedArchive) -> [UInt32] {
        let (archive, layout) = try open(bytes)
        return try layout.tokens(of: archive, in: 0..<layout.count)
    }

    /// Some of the tokens: reads and decodes only the chunks that they lie in, of 2^18 tokens each.
    ///
    /// - Throws: `MalformedArchive` also for a range that goes beyond the shard's tokens.
    public static func decode(
        _ bytes: any RandomAccessBytes, in range: Range<Int>
    ) throws(MalformedArchive) -> [UInt32] {
        let (archive, layout) = try open(bytes)
        return try layout.tokens(of: archive, in: range)
    }

    static func open(_ bytes: any RandomAccessBytes) throws(MalformedArchive) -> (Archive, TokenLayout) {
        let archive = try Archive(bytes, expecting: .tokens)
        let manifest = try archive.manifest(as: Manifest.self)
        guard manifest.format == Manifest.currentFormat else {
            throw MalformedArchive(
                "shard format \(manifest.format) is not \(Manifest.currentFormat): make the dataset again")
        }
        return (archive, try TokenLayout(count: manifest.tokenCount, vocabulary: manifest.vocabulary))
    }
}

/// How token ids become chunks: `TokenChunk.maximumTokens` in every chunk but the last.
struct TokenLayout: Hashable {
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

    func pack(_ tokens: [UInt32]) throws(MalformedArchive) -> [Archive.Packed] {
        if let position = tokens.firstIndex(where: { $0 >= vocabulary }) {
            throw MalformedArchive(
                "token \(tokens[position]) at \(position) is outside the vocabulary of \(vocabulary)")
        }
        return tokens.divided(into: TokenChunk.maximumTokens).map { Archive.Packed($0) }
    }

    /// The tokens of `range`, which decodes the whole chunks that they lie in and no others.
    func tokens(of archive: Archive, in range: Range<Int>) throws(MalformedArchive) -> [UInt32] {
        let perChunk = TokenChunk.maximumTokens
        try archive.requireChunks(of: count, perChunk: perChunk, bytesEach: TokenChunk.rawBytesPerToken)
        guard range.lowerBound >= 0, range.upperBound <= count else {
            throw MalformedArchive("tokens \(range) are not among its \(count)")
        }
        var tokens: [UInt32] = []
        guard !range.isEmpty else { return tokens }
        tokens.reserveCapacity(range.count)
        for index in range.lowerBound / perChunk...(range.upperBound - 1) / perChunk {
            let start = index * perChunk
            let chunk = try self.tokens(ofChunk: index, of: archive)
            let part = range.clamped(to: start..<start + chunk.count)
            tokens += chunk[part.lowerBound - start..<part.upperBound - start]
        }
        return tokens
    }

    private func tokens(ofChunk index: Int, of archive: Archive) throws(MalformedArchive) -> [UInt32] {
        let stored = try archive.stored(index)
        do {
            return try TokenChunk.decode(
                stored, count: archive.chunks[index].raw / TokenChunk.rawBytesPerToken, vocabulary: vocabulary)
        } catch {
            throw MalformedArchive("chunk \(index): \(error.reason)")
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
