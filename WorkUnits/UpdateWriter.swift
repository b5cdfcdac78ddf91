/// A chunk of an update as it will stand in the archive. Chunks are independent of each other: any thread may encode any.
public struct EncodedChunk: Sendable {
    let packed: Archive.Packed
    private let payload: [UInt8]
    private let codec: UpdateCodec
    private let count: Int

    /// - Parameters:
    ///   - difference: as many values as the chunk has.
    ///   - first: the place of the first one in the parameter layout.
    /// - Throws: `UnencodableUpdate` for a number that the codec cannot write.
    public init(_ difference: [Float], first: Int, of manifest: UpdateManifest) throws(UnencodableUpdate) {
        (codec, count) = (manifest.codec, difference.count)
        payload = try manifest.codec.encode(difference, first: first, unit: manifest.unit)
        packed = Archive.Packed(deflating: payload)
    }

    /// What a reader gets.
    public func values() throws(MalformedPayload) -> [Float] {
        try codec.decode(payload, count: count)
    }
}

/// Writes the archive of an update chunk by chunk: memory does not depend on the number of parameters.
///
/// The file is whole once `finish` has returned; until then it is removed again when the writer goes.
public final class UpdateWriter {
    public let manifest: UpdateManifest
    private var file: DurableFile
    private var table: [Archive.Packed.Size] = []
    private let chunkCount: Int
    private var isFinished = false

    /// - Parameters:
    ///   - path: created, or overwritten.
    ///   - isScratch: as of `DurableFile`.
    public init(path: String, manifest: UpdateManifest, isScratch: Bool = false) throws {
        try manifest.check()
        self.manifest = manifest
        chunkCount = UpdateArchive.ranges(of: manifest.parameterCount).count
        file = try DurableFile(path: path, isEmptied: true, isScratch: isScratch)
        // A place for the head, which is known once all chunks are: its size is known now.
        let unknown = Archive.Packed.Size(stored: 0, raw: 0)
        try file.append(
            Archive.head(.update, manifest: manifest, table: Array(repeating: unknown, count: chunkCount)))
    }

    deinit {
        if !isFinished { try? DurableFile.remove(file.path) }
    }

    /// - Parameter chunk: the next one.
    public func append(_ chunk: EncodedChunk) throws(FileFailure) {
        table.append(chunk.packed.size)
        try file.append(chunk.packed.stored)
    }

    /// Makes the file's bytes durable; its name in the folder is for the caller to sync.
    public func finish() throws -> FileDigest {
        guard table.count == chunkCount else {
            throw MalformedArchive("\(table.count) chunks where \(chunkCount) are needed")
        }
        try file.overwrite(Archive.head(.update, manifest: manifest, table: table))
        try file.sync()
        isFinished = true
        return try FileDigest.read(file.path)
    }
}
