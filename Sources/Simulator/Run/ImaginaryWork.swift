import Federation
import LanguageModel
import Recipes
import WorkUnits

/// Nothing is trained: names are digests of what they would be made from, sizes are usual ones.
final class ImaginaryWork: SimulatedWork {
    private let parameters: Int
    private let tokensPerStep: Int
    private let updateBytes: Int
    private let stepBytes: Int?

    init(_ recipe: Recipe) {
        parameters = ParameterLayout(recipe.modelConfiguration).count
        tokensPerStep = recipe.unit.batchSize * recipe.unit.sequenceLength
        let parameters = Double(parameters)
        updateBytes = Int(parameters * recipe.federation.updateCodec.usualBits / 8)
        stepBytes = recipe.federation.strategy.stepCodec.map { Int(parameters * $0.usualBits / 8) }
    }

    var initialVersion: MadeVersion {
        MadeVersion(
            reference: CheckpointReference(
                version: 0, weights: Digest(of: "initial weights".utf8), bytes: 4 * parameters))
    }

    /// 1.21 bytes a token, as docs/performance.md has it of English.
    func unitBytes(of lease: Lease, host: Int) -> Int { tokensPerStep * lease.unit.steps.count * 121 / 100 }

    func begin(_ lease: Lease, host: Int, finish: Double) {}

    func update(of lease: Lease, host: Int, counts: Bool) -> MadeUpdate {
        let unit = Digest(of: "unit \(lease.unit.index), \(lease.unit.steps) of \(lease.unit.base.weights)".utf8)
        return MadeUpdate(unit: unit, update: Digest(of: "update of \(unit)".utf8), bytes: updateBytes)
    }

    func abandon(_ assignment: AssignmentID) {}

    func judge(_ judging: Judging, isHostile: Bool) -> Verdict { .accepted }

    func heard(_ verdict: Verdict, of assignment: AssignmentID, host: Int) {}

    func merge(_ merge: Merge) -> MadeVersion {
        var hasher = DigestHasher()
        hasher.update(merge.previous.weights.bytes)
        for contribution in merge.contributions { hasher.update(contribution.update.bytes) }
        return MadeVersion(
            reference: CheckpointReference(version: merge.version, weights: hasher.finish(), bytes: 4 * parameters),
            stepBytes: stepBytes)
    }
}

extension UpdateCodec {
    /// Bits that a parameter takes in an archive of a real update: docs/decisions/0015-update-codecs.md.
    fileprivate var usualBits: Double {
        switch self {
        case .float32: 25.6
        case .bfloat16: 10.8
        case .int8: 7.5
        case .int4: 3.35
        case .topK: 0.19
        }
    }
}
