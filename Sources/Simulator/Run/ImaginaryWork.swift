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
    func take(_ lease: Lease, host: Int, act: Act) -> Int { tokensPerStep * lease.unit.steps.count * 121 / 100 }

    func begin(_ lease: Lease, host: Int, finish: Double) {}

    func update(of lease: Lease, host: Int, act: Act, isRead: Bool) -> MadeUpdate {
        let honest = honestAnswer(to: lease.unit)
        switch act {
        case .honest: return honest
        case .repeating(let told): return told
        case .cheat(let cheat):
            // What is made up is like no other; so is the rest of a training once one step is.
            let madeUp = "\(cheat) of host \(host) in assignment \(lease.assignment)"
            var answer = honest
            answer.update = Digest(of: madeUp.utf8)
            answer.trace = .madeUp(by: madeUp, after: honest.trace, steps: lease.unit.steps.count, effort: cheat.effort)
            return answer
        }
    }

    private func honestAnswer(to issue: IssuedUnit) -> MadeUpdate {
        let unit = Digest(of: "unit \(issue.index), \(issue.steps) of \(issue.base.weights)".utf8)
        let steps = issue.steps.count
        let trace = (1...steps).filter { TrainingTrace.isDue(after: $0, of: steps) }.map {
            Digest(of: "\(unit) after \($0)".utf8)
        }
        return MadeUpdate(
            unit: unit, update: Digest(of: "update of \(unit)".utf8), bytes: updateBytes, trace: TrainingTrace(trace))
    }

    func abandon(_ assignment: AssignmentID) {}

    func judge(_ judging: Judging, isHostile: Bool) -> Judgement { Judgement(.accepted, content: judging.update) }

    func heard(_ verdict: Verdict, of assignment: AssignmentID, host: Int) {}

    func replay(_ replay: Replay) -> Replayed {
        let answer = honestAnswer(to: replay.issue)
        return Replayed(
            trace: answer.trace.prefix(replay.steps, of: replay.issue.steps.count),
            content: replay.steps == replay.issue.steps.count ? answer.update : nil)
    }

    func forget(allBut versions: Set<Int>) {}

    func merge(_ merge: Merge) -> MadeVersion {
        var hasher = DigestHasher()
        hasher.update(merge.previous.weights.bytes)
        for contribution in merge.contributions { hasher.update(contribution.update.bytes) }
        return MadeVersion(
            reference: CheckpointReference(version: merge.version, weights: hasher.finish(), bytes: 4 * parameters),
            stepBytes: stepBytes)
    }
}

extension TrainingTrace {
    /// The digests of the first steps.
    func prefix(_ taken: Int, of steps: Int) -> TrainingTrace {
        TrainingTrace(Array(weights.prefix((1...taken).count { Self.isDue(after: $0, of: steps) })))
    }

    /// A trace that is true for the share of the steps that was trained, and invented after that.
    static func madeUp(by whom: String, after honest: TrainingTrace, steps: Int, effort: Double) -> TrainingTrace {
        // To train with other data or settings is as much effort, and is another training from its first step on.
        let taken = effort < 1 ? Int(effort * Double(steps)) : 0
        let same = taken > 0 ? honest.prefix(taken, of: steps).weights : []
        let rest = (same.count..<count(steps: steps)).map { Digest(of: "\($0) by \(whom)".utf8) }
        return TrainingTrace(same + rest)
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
        case .topK: 0.2
        }
    }
}
