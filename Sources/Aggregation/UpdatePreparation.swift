import LanguageModel
import WorkUnits

/// Prepares an update for its merge, chunk by chunk, while its judge reads it.
public struct UpdatePreparation: ~Copyable {
    private let codec: UpdateCodec
    private let parameterCount: Int
    private var norms: TensorNorms
    private var whole: UpdatePayload?
    private var writer: InflatedUpdate.Writer?

    /// Whether an update is so small that it stays in memory: at most 2^16 parameters, 33 KB with `int4`.
    public static func isSmall(_ model: ModelConfiguration) -> Bool {
        ParameterLayout(model).count <= InflatedUpdate.sliceValues
    }

    /// - Parameter path: where the inflated payloads go; nil keeps an update of one chunk in memory, and of others the norms.
    public init(_ unit: WorkUnit, path: String? = nil) {
        let layout = ParameterLayout(unit.model)
        (codec, parameterCount) = (unit.updateCodec, layout.count)
        norms = TensorNorms(in: layout)
        guard let path, InflatedUpdate.exists(for: codec) else { return }
        writer = try? InflatedUpdate.Writer(path: path, codec: codec)
    }

    /// - Parameter first: the place of the chunk's first parameter in the layout.
    public mutating func add(_ payload: [UInt8], _ differences: [Float], at first: Int) {
        norms.add(differences, at: first)
        guard writer != nil else {
            if differences.count == parameterCount {
                whole = try? UpdatePayload(payload, codec: codec, count: parameterCount)
            }
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
        PreparedUpdate(squaredNorms: norms.squared, inflated: writer.take()?.finish(), whole: whole)
    }

    /// Removes what was written.
    public mutating func discard() {
        if let written = writer.take()?.finish() { try? DurableFile.remove(written.path) }
    }
}
