import Kernels
import LanguageModel
import Synchronization
import WorkUnits

/// Why training or evaluation cannot start, or must stop.
public enum TrainingFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case invalidSetting(InvalidSetting)
    /// The environment forces instructions that this processor lacks.
    case unavailable(InstructionSet.Unavailable)
    case wrongWeightCount(Int, expected: Int)
    case nonFiniteWeight(tensor: String)
    case tokenOutsideVocabulary(UInt32, position: Int, vocabulary: Int)
    case textTooShort(tokens: Int, needed: Int)
    /// Steps count from 0. `place` is where the forward pass first left the finite numbers. Nothing was changed.
    case nonFiniteLoss(step: Int, place: String)
    /// `tensor` is the first that the backward pass reached whose gradient is not finite.
    case nonFiniteGradient(step: Int, tensor: String)
    case alreadyFinished(steps: Int)
    case wrongState(String)

    public var description: String {
        switch self {
        case .invalidSetting(let setting): "\(setting)"
        case .unavailable(let set): "\(set)"
        case .wrongWeightCount(let count, let expected): "\(count) weights for a model that has \(expected)"
        case .nonFiniteWeight(let tensor): "a weight of \(tensor) is not finite: the checkpoint is damaged"
        case .tokenOutsideVocabulary(let id, let position, let vocabulary):
            "token \(id) at \(position) is outside of the model's vocabulary of \(vocabulary): was this text encoded with its tokenizer?"
        case .textTooShort(let tokens, let needed):
            "\(tokens) tokens are too few: one sequence needs \(needed). Give more text, or shorter sequences"
        case .nonFiniteLoss(let step, let place):
            "the loss of step \(step) is not finite, and first \(place) was not: try a smaller learning rate"
        case .nonFiniteGradient(let step, let tensor):
            "step \(step)'s gradient of \(tensor) is not finite: try a smaller learning rate"
        case .alreadyFinished(let steps): "all \(steps) steps are taken"
        case .wrongState(let reason): "this saved state cannot be resumed: \(reason)"
        }
    }

    /// Refuses to compute with instructions that this processor lacks.
    static func checkInstructionSet() throws(TrainingFailure) {
        if case .failure(let unavailable) = InstructionSet.chosen { throw .unavailable(unavailable) }
    }

    /// Refuses weights that do not fit the model or are not finite.
    static func check(weights: [Float], for layout: ParameterLayout) throws(TrainingFailure) {
        guard weights.count == layout.count else { throw .wrongWeightCount(weights.count, expected: layout.count) }
        if let index = weights.firstIndex(where: { !$0.isFinite }) {
            throw .nonFiniteWeight(tensor: layout.tensor(at: index).name)
        }
    }

    /// Refuses weights that are not finite: names the first of them.
    static func check(
        finite weights: FloatBuffer, on team: ThreadTeam, in layout: ParameterLayout
    ) throws(TrainingFailure) {
        let pieces = weights.pieces
        let damaged = Mutex<Int?>(nil)
        team.run(slices: pieces.count) { piece, _ in
            if !weights.isFinite(pieces[piece]) { damaged.withLock { $0 = min($0 ?? piece, piece) } }
        }
        guard let piece = damaged.withLock({ $0 }).map({ pieces[$0] }) else { return }
        let place = weights.values(piece).firstIndex { !$0.isFinite } ?? 0
        throw .nonFiniteWeight(tensor: layout.tensor(at: piece.lowerBound + place).name)
    }

    /// Refuses ids that the model has no embedding for.
    static func check(tokens: [UInt32], for model: ModelConfiguration) throws(TrainingFailure) {
        if let position = tokens.firstIndex(where: { $0 >= model.vocabulary }) {
            throw .tokenOutsideVocabulary(tokens[position], position: position, vocabulary: model.vocabulary)
        }
    }
}
