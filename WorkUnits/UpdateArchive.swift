import Compression

/// A trained difference new − base, in chunks that are read one at a time: an archive of kind `update`.
///
/// With `float32` and `bfloat16` any number decodes as it was written, also NaN and infinity: whether an update may count is
/// judged elsewhere.
public struct UpdateArchive: Sendable {
    /// Parameters in every chunk but the last.
    public static let chunkValues = 1 << 18

    public let manifest: UpdateManifest
    private let archive: Archive

    /// Reads header, manifest and chunk table; no chunk.
    ///
    /// - Parameter maximumParameters: the most that the reader is prepared for, usually exactly the model's.
    public init(_ bytes: any RandomAccessBytes, maximumParameters: Int) throws(MalformedArchive) {
        archive = try Archive(bytes, expecting: .update)
        manifest = try archive.manifest(as: UpdateManifest.self)
        try manifest.check()
        guard manifest.parameterCount <= maximumParameters else {
            throw MalformedArchive("\(manifest.parameterCount) parameters are more than \(maximumParameters)")
        }
        try checkChunks()
    }

    private func checkChunks() throws(MalformedArchive) {
        let expected = (manifest.parameterCount - 1) / Self.chunkValues + 1
        guard chunkCount == expected else {
            throw MalformedArchive("\(manifest.parameterCount) values need \(expected) chunks, not \(chunkCount)")
        }
        for (index, chunk) in archive.chunks.enumerated() {
            let allowed = manifest.codec.payloadBytes(range(ofChunk: index).count)
            guard allowed.contains(chunk.raw) else {
                throw MalformedArchive("chunk \(index): \(MalformedPayload.size(found: chunk.raw, allowed: allowed))")
            }
        }
    }

    public var chunkCount: Int { archive.chunks.count }

    /// The parameters that a chunk holds, by their place in the layout.
    public func range(ofChunk index: Int) -> Range<Int> {
        let start = index * Self.chunkValues
        return start..<min(start + Self.chunkValues, manifest.parameterCount)
    }

    /// The differences of `range(ofChunk:)`.
    ///
    /// - Parameter index: 0 ..< `chunkCount`.
    public func values(ofChunk index: Int) throws(MalformedArchive) -> [Float] {
        try values(of: payload(ofChunk: index), ofChunk: index)
    }

    /// The same of a payload that was read already.
    public func values(of payload: [UInt8], ofChunk index: Int) throws(MalformedArchive) -> [Float] {
        do throws(MalformedPayload) {
            return try manifest.codec.decode(payload, count: range(ofChunk: index).count)
        } catch {
            throw MalformedArchive("chunk \(index): \(error)")
        }
    }

    /// What `manifest.codec` decodes to the differences of `range(ofChunk:)`: the chunk inflated, of a size that the codec
    /// allows, and not checked further. Inflating takes most of the time of `values(ofChunk:)`, so whoever reads an update
    /// more than once keeps this.
    ///
    /// - Parameter index: 0 ..< `chunkCount`.
    public func payload(ofChunk index: Int) throws(MalformedArchive) -> [UInt8] {
        try archive.inflated(index)
    }

    /// The differences of some parameters in the form that is added to sums. Inflates the chunk that they are in.
    ///
    /// - Parameter range: inside one chunk; begins at a multiple of 256, and ends at one or with the chunk.
    public func payload(_ range: Range<Int>) throws(MalformedArchive) -> UpdatePayload {
        let index = range.lowerBound / Self.chunkValues
        let chunk = self.range(ofChunk: index)
        let payload = try payload(ofChunk: index)
        do throws(MalformedPayload) {
            return try UpdatePayload(payload, codec: manifest.codec, count: chunk.count)
                .part(range.lowerBound - chunk.lowerBound..<range.upperBound - chunk.lowerBound)
        } catch {
            throw MalformedArchive("chunk \(index): \(error)")
        }
    }

    /// What it says, whatever zlib wrote it: SHA-256 of the manifest and all inflated chunks.
    public func content() throws(MalformedArchive) -> Digest {
        var hasher = contentHasher()
        for chunk in 0..<chunkCount { hasher.update(try payload(ofChunk: chunk)) }
        return hasher.finish()
    }

    /// For whoever inflates the chunks anyway, and adds each in turn.
    public func contentHasher() -> DigestHasher {
        var hasher = DigestHasher()
        // Read as a document of one form, so these are its bytes.
        hasher.update(archive.manifest)
        return hasher
    }

    /// Whether both say the same, though another zlib may have written them.
    public func hasSameContent(as other: UpdateArchive) throws(MalformedArchive) -> Bool {
        guard manifest == other.manifest else { return false }
        for chunk in 0..<chunkCount {
            guard try payload(ofChunk: chunk) == other.payload(ofChunk: chunk) else { return false }
        }
        return true
    }

    /// - Parameter difference: `manifest.parameterCount` values in the order of the parameter layout.
    /// - Throws: `MalformedArchive` when the counts differ, `UnencodableUpdate` for a number that the codec cannot write,
    ///   `EncodingError` for a loss that is not finite.
    public static func encode(_ manifest: UpdateManifest, difference: [Float]) throws -> [UInt8] {
        guard difference.count == manifest.parameterCount else {
            throw MalformedArchive(
                "\(difference.count) differences for a manifest of \(manifest.parameterCount) parameters")
        }
        return try encode(manifest) { Array(difference[$0]) }
    }

    /// - Parameter difference: the values of some parameters, a chunk at a time.
    /// - Throws: what `difference` throws; `UnencodableUpdate` for a number that the codec cannot write; `EncodingError` for
    ///   a loss that is not finite.
    public static func encode(
        _ manifest: UpdateManifest, difference: (Range<Int>) throws -> [Float]
    ) throws -> [UInt8] {
        try manifest.check()
        let chunks = try ranges(of: manifest.parameterCount).map { range in
            try EncodedChunk(difference(range), first: range.lowerBound, of: manifest).packed
        }
        return try Archive.encode(.update, manifest: manifest, chunks: chunks)
    }

    /// No honest archive is larger: the longest payloads that the codec allows, what zlib adds to bytes that it cannot
    /// compress, and a manifest of the longest numbers.
    ///
    /// - Parameter steps: of the unit.
    public static func largestBytes(parameterCount: Int, codec: UpdateCodec, steps: Int) -> Int {
        let chunks = ranges(of: parameterCount).reduce(0) { sum, range in
            sum + Archive.tableEntryBytes + Zlib.bound(codec.payloadBytes(range.count).upperBound)
        }
        return Archive.headerBytes + 1024 + 20 * steps + chunks
    }

    /// The parameters of every chunk, by their place in the layout.
    package static func ranges(of parameterCount: Int) -> [Range<Int>] {
        stride(from: 0, to: parameterCount, by: chunkValues).map { $0..<min($0 + chunkValues, parameterCount) }
    }
}

extension UpdateManifest {
    func check() throws(MalformedArchive) {
        guard format == Self.currentFormat else {
            throw MalformedArchive("update format \(format) is not \(Self.currentFormat): update this software")
        }
        guard parameterCount > 0, tokens >= 0 else {
            throw MalformedArchive("\(parameterCount) parameters trained on \(tokens) tokens cannot be an update")
        }
    }
}
