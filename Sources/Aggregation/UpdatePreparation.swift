import LanguageModel
import WorkUnits

/// Prepares an update for its merge, chunk by chunk, while its judge reads it.
public struct UpdatePreparation: ~Copyable {
    private let codec: UpdateCodec
    private let isSmall: Bool
    private var norms: TensorNorms
    private var whole: UpdatePayload?
    private var writer: InflatedUpdate.Writer?

    /// Whether updates of a model are so small that they stay in memory: at most 2^16 parameters, 33 KB with `int4`.
    public static func isSmall(_ layout: ParameterLayout) -> Bool { layout.count <= InflatedUpdate.sliceValues }

    /// - Parameter path: where the inflated payloads go; nil keeps a small update in memory, and of others the norms alone.
    public init(in layout: ParameterLayout, codec: UpdateCodec, path: String? = nil) {
        (self.codec, isSmall) = (codec, Self.isSmall(layout))
        norms = TensorNorms(in: layout)
        guard let path, InflatedUpdate.exists(for: codec) else { return }
        writer = try? InflatedUpdate.Writer(path: path, codec: codec)
    }

    /// - Parameter first: the place of the chunk's first parameter in the layout.
    public mutating func add(_ payload: [UInt8], _ differences: [Float], at first: Int) {
        norms.add(differences, at: first)
        guard writer != nil else {
            if isSmall { whole = try? UpdatePayload(payload, codec: codec, count: differences.count) }
            return
        }
        // On a full disk the blob is enough.
        do {
            try writer?.append(payload, count: differences.count)
        } catch {
            discard()
        }
    }

    public consuming func finish() -> PreparedUpdate {
        let file = writer.take()?.finish()
        return PreparedUpdate(
            squaredNorms: norms.squared, payloads: file.map { .inFile($0) } ?? whole.map { .inMemory($0) })
    }

    /// Removes what was written.
    public mutating func discard() {
        if let written = writer.take()?.finish() { try? DurableFile.remove(written.path) }
    }
}

extension PreparedUpdate {
    /// Of an update that was found sound before.
    ///
    /// - Parameter path: as of `UpdatePreparation`.
    public init(_ update: UpdateArchive, in layout: ParameterLayout, path: String? = nil) throws(MalformedArchive) {
        var preparation = UpdatePreparation(in: layout, codec: update.manifest.codec, path: path)
        do {
            for chunk in 0..<update.chunkCount {
                let payload = try update.payload(ofChunk: chunk)
                try preparation.add(
                    payload, update.values(of: payload, ofChunk: chunk), at: update.range(ofChunk: chunk).lowerBound)
            }
        } catch {
            preparation.discard()
            throw error
        }
        self = preparation.finish()
    }
}
