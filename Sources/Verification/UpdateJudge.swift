import Checkpoints
import LanguageModel
import WorkUnits

/// Judges an update by itself: is it an answer to this unit, and one that training could have given?
///
/// Reads the archive chunk by chunk; memory is one chunk of weights, one of differences and its payload, whatever the model.
public struct UpdateJudge {
    /// The unit as it was issued.
    public var unit: WorkUnit
    /// Digest of its archive.
    public var unitDigest: Digest

    public init(unit: WorkUnit, unitDigest: Digest) {
        self.unit = unit
        self.unitDigest = unitDigest
    }

    /// A chunk that was found sound.
    public struct Chunk {
        /// The place of its first parameter in the layout.
        public var first: Int
        /// What the codec wrote, inflated.
        public var payload: [UInt8]
        public var differences: [Float]
    }

    /// - Parameters:
    ///   - update: the uploaded archive, not trusted.
    ///   - base: the weights that the unit was trained from, of its model.
    ///   - trace: what the host says of its training; nil where it is not known, as to readers of public data.
    ///   - take: called with each chunk in turn, before the next one is looked at.
    /// - Returns: `accepted` with its content, or `rejected` with the first thing that is wrong.
    /// - Throws: when the base cannot be read, which is no fault of the update.
    public func judge(
        _ update: any RandomAccessBytes, base: WeightsFile, trace: TrainingTrace? = nil,
        take: (Chunk) -> Void = { _ in }
    ) throws -> Judgement {
        let layout = base.layout
        let archive: UpdateArchive
        do {
            archive = try UpdateArchive(update, maximumParameters: layout.count)
        } catch {
            return Judgement(.rejected(reason: error.description))
        }
        if let reason = mismatch(archive.manifest, layout: layout) ?? mismatch(archive.manifest, trace) {
            return Judgement(.rejected(reason: reason))
        }
        let bound = UpdateBound(unit)
        var content = archive.contentHasher()
        for chunk in 0..<archive.chunkCount {
            let (payload, differences): ([UInt8], [Float])
            do {
                payload = try archive.payload(ofChunk: chunk)
                differences = try archive.values(of: payload, ofChunk: chunk)
            } catch {
                return Judgement(.rejected(reason: error.description))
            }
            let first = chunk * UpdateArchive.chunkValues
            let excess = try bound.firstExcess(in: differences) {
                try base.values(first..<first + differences.count)
            }
            if let excess {
                let (name, difference) = (layout.name(of: first + excess.index), differences[excess.index])
                return Judgement(
                    .rejected(
                        reason: difference.isFinite
                            ? "the update moves \(name) by \(difference), further than \(unit.training.steps) steps at this "
                                + "learning rate can (\(excess.largest))"
                            : "the update is not finite in \(name)"))
            }
            content.update(payload)
            take(Chunk(first: first, payload: payload, differences: differences))
        }
        return Judgement(.accepted, content: content.finish())
    }

    private func mismatch(_ manifest: UpdateManifest, _ trace: TrainingTrace?) -> String? {
        guard let commitment = manifest.trace else {
            return "the update does not say where its training went: update the client"
        }
        guard let trace else { return nil }
        let expected = TrainingTrace.count(steps: unit.training.steps)
        guard trace.weights.count == expected else {
            return "\(trace.weights.count) digests of the training came along instead of \(expected)"
        }
        return trace.commitment == commitment ? nil : "the digests of the training are not those that the update names"
    }

    private func mismatch(_ manifest: UpdateManifest, layout: ParameterLayout) -> String? {
        if manifest.format != UpdateManifest.currentFormat {
            return "update format \(manifest.format) is not \(UpdateManifest.currentFormat): update the client"
        }
        if manifest.unit != unitDigest {
            return "the update answers unit \(manifest.unit.short), not \(unitDigest.short)"
        }
        if manifest.base != unit.base.weights {
            return "the update was trained from \(manifest.base.short), not from \(unit.base.weights.short)"
        }
        if manifest.parameterCount != layout.count {
            return "the update has \(manifest.parameterCount) parameters, the model \(layout.count)"
        }
        if manifest.codec != unit.updateCodec {
            return "the update is \(manifest.codec), the unit asks for \(unit.updateCodec)"
        }
        if unit.errorFeedback != (manifest.feedback != nil) {
            return unit.errorFeedback
                ? "the update does not say what its host held back, and the unit asks for error feedback"
                : "the update is with error feedback, which the unit does not ask for"
        }
        if manifest.tokens != unit.training.tokens {
            return "the update claims \(manifest.tokens) tokens, the unit has \(unit.training.tokens)"
        }
        if manifest.losses.count != unit.training.steps {
            return "the update reports \(manifest.losses.count) losses for \(unit.training.steps) steps"
        }
        if let step = manifest.losses.firstIndex(where: { !$0.isFinite }) {
            return "the loss of step \(step) is not finite"
        }
        return nil
    }
}

extension ParameterLayout {
    /// `h.0.ln_1.weight[17]`: where a parameter of the flat order is.
    func name(of index: Int) -> String {
        guard let tensor = tensors.first(where: { $0.range.contains(index) }) else { return "parameter \(index)" }
        return "\(tensor.name)[\(index - tensor.range.lowerBound)]"
    }
}
