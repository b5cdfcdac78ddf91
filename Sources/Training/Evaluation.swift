import Kernels
import LanguageModel
import WorkUnits

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How well weights predict a text.
///
/// The text is cut into sequences of T tokens, the last one shorter, each predicted from its own beginning: so every token
/// but the first is predicted once. With p(i) the probability given to token i, and n tokens predicted:
///
/// - loss = -(1/n) Σ ln p(i), in nats per token; perplexity = e^loss, which compares only models with the same tokenizer;
/// - bits per byte = -Σ log₂ p(i) / bytes of the predicted tokens, which compares models with any tokenizer;
/// - token accuracy = share of tokens that were the argmax (the lowest id of equals).
public enum Evaluation {
    /// Tokens predicted at once, about.
    private static let microBatchTokens = 1024

    /// Measures with sequences of `sequenceLength` (T) tokens, at most the model's context.
    ///
    /// `byteCount` gives the UTF-8 bytes that a token stands for. Memory: the weights, and activations of one block for
    /// about a thousand tokens (or one sequence), however long the text is.
    public static func measure(
        model: ModelConfiguration, weights: [Float], tokens: [UInt32], sequenceLength: Int, threads: Int,
        byteCount: (UInt32) -> Int
    ) throws(TrainingFailure) -> Metrics {
        try TrainingFailure.checkInstructionSet()
        do { try model.validate() } catch { throw .invalidSetting(error) }
        guard (1...model.context).contains(sequenceLength) else {
            throw .invalidSetting(
                InvalidSetting(
                    name: "sequenceLength",
                    reason: "\(sequenceLength) is not between 1 and the model's context of \(model.context)"))
        }
        guard tokens.count > 1 else { throw .textTooShort(tokens: tokens.count, needed: 2) }
        try TrainingFailure.check(weights: weights, for: ParameterLayout(model))
        try TrainingFailure.check(tokens: tokens, for: model)

        let sequences = max(microBatchTokens / sequenceLength, 1)
        let gpt = GPT(
            model, sequences: sequences, length: sequenceLength, team: ThreadTeam(threads: threads),
            numerics: .canonical, keeping: .nothing)
        gpt.weights.buffer.assign(weights, at: 0)
        var (loss, hits, start) = (0.0, 0, 0)
        while start < tokens.count - 1 {
            let left = tokens.count - 1 - start
            let length = min(sequenceLength, left)
            let count = min(left / length, sequences) * length
            gpt.forward(Array(tokens[start..<start + count]), length: length)
            let prediction = gpt.predict(Array(tokens[start + 1...start + count]))
            loss += prediction.loss
            hits += prediction.hits
            start += count
        }
        let bytes = tokens.dropFirst().reduce(0) { $0 + byteCount($1) }
        return Metrics(
            loss: loss / Double(start), bitsPerByte: bytes > 0 ? loss / (log(2) * Double(bytes)) : 0,
            tokenAccuracy: Double(hits) / Double(start), tokens: start, bytes: bytes)
    }
}

extension Metrics {
    /// e^loss: compares only models with the same tokenizer.
    public var perplexity: Double { exp(loss) }
}
