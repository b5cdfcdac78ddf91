import LanguageModel
import WorkUnits

/// An update that answers any unit of a model: the archive is encoded once, and the digests of unit and base put into it.
struct UpdateTemplate {
    /// What comes with the update: made up, of the right length.
    let trace: TrainingTrace
    private var archive: [UInt8]
    private let unitPlace: Int
    private let basePlace: Int

    /// - Parameter isZero: whether the update changes nothing; else it changes every parameter a little.
    init(
        model: ModelConfiguration, tokens: Int, steps: Int, codec: UpdateCodec, isZero: Bool = false
    ) throws {
        let count = ParameterLayout(model).count
        trace = TrainingTrace(Array(repeating: .zero, count: TrainingTrace.count(steps: steps)))
        let (unit, base) = (Digest(of: "a unit".utf8), Digest(of: "a base".utf8))
        let manifest = UpdateManifest(
            unit: unit, base: base, parameterCount: count, codec: codec, tokens: tokens,
            losses: Array(repeating: 4, count: steps), trace: trace.commitment)
        let values = InitialWeights(model: model, seed: 7)
        archive = try UpdateArchive.encode(manifest) { range in
            isZero ? Array(repeating: 0, count: range.count) : values.values(range).map { $0 * 1e-5 }
        }
        guard let unitPlace = archive.place(of: unit), let basePlace = archive.place(of: base) else {
            throw RequestsFailure("an update's manifest does not name its unit and base")
        }
        (self.unitPlace, self.basePlace) = (unitPlace, basePlace)
    }

    mutating func update(of unit: Digest, base: Digest) -> [UInt8] {
        archive.replaceSubrange(unitPlace..<unitPlace + 64, with: unit.description.utf8)
        archive.replaceSubrange(basePlace..<basePlace + 64, with: base.description.utf8)
        return archive
    }
}

extension [UInt8] {
    fileprivate func place(of digest: Digest) -> Int? {
        let text = Array(digest.description.utf8)
        return indices.dropLast(63).first { self[$0..<$0 + 64].elementsEqual(text) }
    }
}
