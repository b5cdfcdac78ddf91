import WorkUnits

/// Continues a text: draws one token after the other.
///
/// The draw at a position depends on the seed and the position alone, so the same start gives the same continuation.
public struct Generator {
    private let decoder: Decoder
    private let sampling: Sampling
    private let random: CounterRandom

    /// - Throws: what makes model, weights or sampling unusable.
    public init(model: ModelConfiguration, weights: [Float], seed: UInt64, sampling: Sampling) throws(GenerationFailure)
    {
        do { try model.validate() } catch { throw .invalidModel(error) }
        try sampling.validate()
        let count = ParameterLayout(model).count
        guard weights.count == count else { throw .wrongWeightCount(weights.count, expected: count) }
        decoder = Decoder(model, weights: weights)
        self.sampling = sampling
        random = CounterRandom(seed: seed, stream: 0x5341_4D50_4C45)
    }

    /// The token after `tokens`, which are all so far, at least one.
    ///
    /// What a call before has already seen is not computed again. When the context is full, the window moves on by half a
    /// context: the model sees between half and all of it.
    public mutating func next(after tokens: [UInt32]) throws(GenerationFailure) -> UInt32 {
        guard !tokens.isEmpty else { throw .nothingToContinue }
        if let id = tokens.first(where: { $0 >= decoder.model.vocabulary }) {
            throw .tokenOutsideVocabulary(id, vocabulary: decoder.model.vocabulary)
        }
        let window = tokens[Self.windowStart(count: tokens.count, context: decoder.model.context)...]
        let known = zip(decoder.tokens, window.dropLast()).prefix { $0 == $1 }.count
        decoder.truncate(to: known)
        let logits = decoder.append(Array(window.dropFirst(known)))
        guard logits.allSatisfy(\.isFinite) else { throw .nonFiniteLogits }
        return sampling.pick(logits, at: random.unit(UInt64(tokens.count)))
    }

    /// A function of the number of tokens alone, so that the result does not depend on the calls before.
    static func windowStart(count: Int, context: Int) -> Int {
        guard count > context else { return 0 }
        let half = max(context / 2, 1)
        return ((count - context - 1) / half + 1) * half
    }
}

public enum GenerationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case invalidModel(InvalidSetting)
    case invalidSampling(String)
    case wrongWeightCount(Int, expected: Int)
    case tokenOutsideVocabulary(UInt32, vocabulary: Int)
    case nothingToContinue
    case nonFiniteLogits

    public var description: String {
        switch self {
        case .invalidModel(let setting): "this model cannot be built: \(setting)"
        case .invalidSampling(let reason): reason
        case .wrongWeightCount(let count, let expected): "\(count) weights for a model that has \(expected)"
        case .tokenOutsideVocabulary(let id, let vocabulary):
            "token \(id) is outside of the model's vocabulary of \(vocabulary): is this the tokenizer it was trained with?"
        case .nothingToContinue: "a continuation needs at least one token to start from"
        case .nonFiniteLogits: "the model's output is not finite: its weights are damaged"
        }
    }
}
