import Foundation
import Training
import WorkUnits

/// `log.jsonl`: one JSON document a line, each with the step after which it was written.
struct TrainingLog {
    private let handle: FileHandle

    /// Opens the log for a training that goes on after `step`; nil begins an empty one.
    ///
    /// What an interrupted training wrote and will write again is dropped: lines of later steps, and the evaluation after
    /// this one unless the saved state has it.
    init(_ path: String, continuingAfter step: Int?, isEvaluated: Bool) throws {
        var kept: [UInt8] = []
        if let step, try DurableFile.size(path) != nil {
            struct Place: Decodable {
                var step: Int
                /// Evaluations alone have it.
                var isBest: Bool?
            }
            for line in try Files.read(path, limit: .max).split(separator: 10) {
                guard let place = try? JSONDecoder().decode(Place.self, from: Data(line)) else { continue }
                let isRepeated = place.step == step && place.isBest != nil && !isEvaluated
                if place.step <= step && !isRepeated { kept += line + [10] }
            }
        }
        try Files.write(kept, to: path)
        handle = try Files.openForAppending(path)
    }

    func append(_ record: some Encodable) throws {
        try handle.write(contentsOf: Data(CanonicalJSON.encode(record) + [10]))
    }

    /// Waits until what was appended is on the disk.
    func sync() throws {
        try handle.synchronize()
    }
}

/// Once at the beginning, and again wherever a training continues: what is trained on what.
struct SessionRecord: Encodable {
    /// `start` or `continue`.
    var event: String
    var step: Int
    var time: Timestamp
    var name: String
    var model: ModelConfiguration
    var parameters: Int
    var settings: TrainingSettings
    /// Entries of the byte-level BPE tokenizer, and the digest of its file.
    var vocabulary: Int
    var tokenizer: Digest
    var trainingTokens: Int
    var validationTokens: Int
    var threads: Int
}

/// After each step.
struct StepRecord: Encodable {
    var step: Int
    /// Mean cross-entropy of the step's batch before the step, in nats per token.
    var loss: Float
    var learningRate: Double
    var gradientNorm: Double
    /// Trained on in all steps so far, counted as often as seen.
    var tokens: Int
    /// Of this step alone.
    var tokensPerSecond: Double
    /// By the clock since the training began, over all continuations.
    var seconds: Double
}

/// After each evaluation.
struct EvaluationRecord: Encodable {
    var step: Int
    var validation: Metrics
    /// e^loss, with the tokenizer that the first record names.
    var perplexity: Double
    /// Whether it has the lowest loss so far.
    var isBest: Bool
    var tokens: Int
    var seconds: Double
}

/// When a training ends or is left for later.
struct EndRecord: Encodable {
    var event = "end"
    var step: Int
    var reason: TrainingEnd
    var bestStep: Int?
    var learningRate: Double
    var seconds: Double
}

/// Why a session takes no more steps.
enum TrainingEnd: String, Encodable {
    case allSteps, patience, timeIsUp, stopped
}
