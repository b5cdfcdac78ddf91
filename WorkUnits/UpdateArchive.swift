import Compression

/// A trained difference new − base, in chunks that are read one at a time: an archive of kind `update`.
///
/// Any number decodes as it was written, also NaN and infinity: whether an update may count is judged elsewhere.
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
        try archive.requireChunks(
            of: manifest.parameterCount, perChunk: Self.chunkValues, bytesEach: manifest.codec.bytesPerValue)
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
        manifest.codec.decode(try archive.inflated(index))
    }

    /// - Parameter difference: `manifest.parameterCount` values in the order of the parameter layout.
    /// - Throws: `MalformedArchive` when the counts differ, `EncodingError` for a loss that is not finite.
    public static func encode(_ manifest: UpdateManifest, difference: [Float]) throws -> [UInt8] {
        guard difference.count == manifest.parameterCount else {
            throw MalformedArchive(
                "\(difference.count) differences for a manifest of \(manifest.parameterCount) parameters")
        }
        return try encode(manifest) { Array(difference[$0]) }
    }

    /// - Parameter difference: the values of some parameters, a chunk at a time.
    /// - Throws: what `difference` throws; `EncodingError` for a loss that is not finite.
    public static func encode(
        _ manifest: UpdateManifest, difference: (Range<Int>) throws -> [Float]
    ) throws -> [UInt8] {
        try manifest.check()
        let chunks = try stride(from: 0, to: manifest.parameterCount, by: chunkValues).map { start in
            let values = try difference(start..<min(start + chunkValues, manifest.parameterCount))
            return Archive.Packed(deflating: manifest.codec.encode(values[...]), .runs)
        }
        return try Archive.encode(.update, manifest: manifest, chunks: chunks)
    }
}

extension UpdateManifest {
    fileprivate func check() throws(MalformedArchive) {
        guard format == Self.currentFormat else {
            throw MalformedArchive("update format \(format) is not \(Self.currentFormat): update this software")
        }
        guard parameterCount > 0, tokens >= 0 else {
            throw MalformedArchive("\(parameterCount) parameters trained on \(tokens) tokens cannot be an update")
        }
    }
}
