import Checkpoints
import Kernels
import LanguageModel
import WorkUnits

/// Tries an update: how the loss changes from base to base + Δ, on passages of the unit's own text and on as many of other text.
///
/// Who trained lowers the loss on what was trained on; who poisons raises it elsewhere. The passages are drawn after the
/// answer, by a number that its host does not know.
public struct LossTest: Hashable, Sendable {
    /// Tokens that are predicted in a passage.
    public let length: Int
    /// Passages of the unit's own text, and of other text.
    public let count: Int

    /// Short, so that there are several even of a short unit.
    static let longest = 128
    /// With fewer the change would say little.
    static let fewest = 4
    /// With more it would say little more.
    static let most = 32

    /// As many passages as the unit affords.
    ///
    /// A token costs three forward passes in training, and each place in a passage four in the test: before and after,
    /// own and other. (The other text's loss before is computed once for all units of a version.)
    ///
    /// - Parameter share: of the unit's operations, that the test may take at most.
    /// - Returns: nil for a unit that affords fewer than `fewest`.
    public init?(_ training: TrainingSettings, share: Double) {
        length = min(training.sequenceLength, Self.longest)
        count = min(Int(share * 3 * Double(training.tokens) / Double(4 * length)), Self.most)
        guard count >= Self.fewest else { return nil }
    }

    /// Passages of a text: `length` tokens and the one after them each, from places anywhere in it.
    public func passages(of text: [UInt32], random: CounterRandom) -> [Passage] {
        (0..<count).map { index in
            let start = random.below(text.count - length, UInt64(index))
            return Passage(text[start...start + length])
        }
    }

    /// Tokens that follow each other.
    public struct Passage: Hashable, Sendable {
        let inputs: [UInt32]
        let targets: [UInt32]

        public init(_ tokens: some Collection<UInt32>) {
            inputs = Array(tokens.dropLast())
            targets = Array(tokens.dropFirst())
        }
    }

    /// Passages that are predicted together.
    var atOnce: Int { min(count, max(1024 / length, 1)) }
}

/// How an update changes the loss, in nats per token: below 0 where it makes the model better.
public struct LossChange: Hashable, Sendable {
    public var own: Double
    public var other: Double

    public init(own: Double, other: Double) {
        self.own = own
        self.other = other
    }
}

/// A model in memory that updates are tried on, one after the other.
public final class LossMeter {
    private let test: LossTest
    private let gpt: GPT

    /// One thread: volunteers may be on the same machine.
    public init(_ test: LossTest, model: ModelConfiguration) {
        self.test = test
        gpt = GPT(
            model, sequences: test.atOnce, length: test.length, team: ThreadTeam(threads: 1), numerics: .canonical,
            keeping: .nothing)
    }

    /// - Parameter weights: of some parameters, by their places in the layout.
    public func load(_ weights: (Range<Int>) throws -> [Float]) rethrows {
        for range in pieces { gpt.weights.buffer.assign(try weights(range), at: range.lowerBound) }
    }

    /// - Parameter differences: finite, of some parameters.
    public func add(_ differences: (Range<Int>) throws -> [Float]) rethrows {
        let buffer = gpt.weights.buffer
        for range in pieces {
            let sums = zip(buffer.values(range), try differences(range)).map { $0 + $1 }
            buffer.assign(sums, at: range.lowerBound)
        }
    }

    /// The chunks of an update.
    private var pieces: [Range<Int>] {
        let count = gpt.weights.buffer.count
        return stride(from: 0, to: count, by: UpdateArchive.chunkValues).map {
            $0..<min($0 + UpdateArchive.chunkValues, count)
        }
    }

    /// Mean cross-entropy in nats per token.
    public func loss(on passages: [LossTest.Passage]) -> Double {
        var sum = 0.0
        for start in stride(from: 0, to: passages.count, by: test.atOnce) {
            let some = passages[start..<min(start + test.atOnce, passages.count)]
            gpt.forward(some.flatMap(\.inputs), length: test.length)
            sum += gpt.predict(some.flatMap(\.targets)).loss
        }
        return sum / Double(passages.count * test.length)
    }
}
