import Kernels
import LanguageModel
import Testing
import WorkUnits

struct GradientTests {
    static let model = ModelConfiguration(layers: 2, width: 8, heads: 2, vocabulary: 7, context: 6)

    /// Larger than those of a new model, so that every path matters.
    static let weights: [Float] = {
        let random = CounterRandom(seed: 3, stream: 0)
        return InitialWeights(model: model, seed: 1).all().enumerated().map { index, value in
            value + Float(random.unit(UInt64(index)) - 0.5) * 0.6
        }
    }()

    static func tokens(_ count: Int, stream: UInt64) -> [UInt32] {
        let random = CounterRandom(seed: 5, stream: stream)
        return (0..<count).map { UInt32(random.below(model.vocabulary, UInt64($0))) }
    }

    private func gradients(
        _ batches: [(tokens: [UInt32], targets: [UInt32])], length: Int, capacity: Int, threads: Int = 1,
        numerics: Numerics = .canonical, keeping: ActivationKeeping = .forBackward(.float32, .none)
    ) -> (loss: Double, values: [Float]) {
        let gpt = GPT(
            Self.model, sequences: capacity, length: length, team: ThreadTeam(threads: threads), numerics: numerics,
            keeping: keeping)
        gpt.weights.buffer.assign(Self.weights, at: 0)
        let backpropagation = Backpropagation(gpt)
        let count = batches.reduce(0) { $0 + $1.tokens.count }
        var loss = 0.0
        for (index, batch) in batches.enumerated() {
            gpt.forward(batch.tokens, length: length)
            loss += backpropagation.backward(batch.targets, scale: 1 / Float(count), adding: index > 0)
        }
        return (loss / Double(count), backpropagation.gradients.buffer.values(0..<Self.weights.count))
    }

    @Test(arguments: Numerics.allCases)
    func `every gradient agrees with a central difference of the float64 reference`(numerics: Numerics) {
        let length = 5
        let (tokens, targets) = (Self.tokens(2 * length, stream: 1), Self.tokens(2 * length, stream: 2))
        let (loss, values) = gradients([(tokens, targets)], length: length, capacity: 2, numerics: numerics)
        var reference = ReferenceGPT(Self.model, weights: Self.weights)
        #expect(abs(loss - reference.loss(tokens, targets, length: length)) < 1e-6)
        for tensor in reference.layout.tensors {
            var greatest = 0.0
            for index in tensor.range {
                let (weight, step) = (reference.weights[index], 1e-5)
                reference.weights[index] = weight + step
                let above = reference.loss(tokens, targets, length: length)
                reference.weights[index] = weight - step
                let below = reference.loss(tokens, targets, length: length)
                reference.weights[index] = weight
                greatest = max(greatest, abs((above - below) / (2 * step) - Double(values[index])))
            }
            #expect(greatest < 2e-6, "gradient of \(tensor.name)")
        }
        #expect(values.contains { abs($0) > 0.01 }, "the tolerance means something")
    }

    @Test func `micro-batches add up to the gradient of the whole batch`() {
        let length = 6
        let (tokens, targets) = (Self.tokens(4 * length, stream: 1), Self.tokens(4 * length, stream: 2))
        let whole = gradients([(tokens, targets)], length: length, capacity: 4)
        let parts = gradients(
            stride(from: 0, to: tokens.count, by: length).map {
                (Array(tokens[$0..<$0 + length]), Array(targets[$0..<$0 + length]))
            }, length: length, capacity: 1)
        #expect(abs(whole.loss - parts.loss) < 1e-6)
        #expect(zip(whole.values, parts.values).allSatisfy { abs($0 - $1) < 1e-6 })
    }

    @Test(arguments: Numerics.allCases, ActivationPrecision.allCases)
    func `what is computed again is the same to the last bit`(numerics: Numerics, precision: ActivationPrecision) {
        let length = 6
        let (tokens, targets) = (Self.tokens(3 * length, stream: 1), Self.tokens(3 * length, stream: 2))
        func values(_ recompute: Recompute) -> [UInt32] {
            gradients(
                [(tokens, targets)], length: length, capacity: 3, threads: 2, numerics: numerics,
                keeping: .forBackward(precision, recompute)
            ).values.map(\.bitPattern)
        }
        let kept = values(.none)
        #expect(values(.attention) == kept)
        #expect(values(.block) == kept)
    }

    @Test func `activations in bfloat16 change gradients by a little`() {
        let length = 6
        let (tokens, targets) = (Self.tokens(3 * length, stream: 1), Self.tokens(3 * length, stream: 2))
        let exact = gradients([(tokens, targets)], length: length, capacity: 3)
        let rounded = gradients(
            [(tokens, targets)], length: length, capacity: 3, keeping: .forBackward(.bfloat16, .none))
        #expect(exact.values != rounded.values)
        #expect(zip(exact.values, rounded.values).allSatisfy { abs($0 - $1) < 3e-3 })
    }

    @Test func `a wrong target changes the gradient`() {
        let tokens = Self.tokens(6, stream: 1)
        let one = gradients([(tokens, [0, 1, 2, 3, 4, 5])], length: 6, capacity: 1)
        let other = gradients([(tokens, [0, 1, 2, 3, 4, 6])], length: 6, capacity: 1)
        #expect(one.values != other.values)
    }
}
