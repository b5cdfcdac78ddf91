import Foundation
import Kernels
import LanguageModel
import TestSupport
import Testing
import WorkUnits

/// How far a gradient in float32 is from the one in float64. With CARAVAN_PRINT=1 it prints the figures of docs/numerics.md.
struct GradientErrorTests {
    private static let model = ModelConfiguration(layers: 2, width: 32, heads: 4, vocabulary: 64, context: 24)
    private static let weights: [Float] = {
        var random = SplitMix64(seed: 50)
        return zip(InitialWeights(model: model, seed: 1).all(), random.floats(ParameterLayout(model).count, scale: 0.3))
            .map { $0 + $1 }
    }()

    /// Some parameters of every tensor, and the loss' derivative by each, of the reference in float64.
    ///
    /// Of two central differences, h and 2h: what is left is an error of the order of h⁴.
    private static let exact: [(index: Int, derivative: Double)] = {
        var reference = ReferenceGPT(model, weights: weights)
        let (tokens, targets) = batch
        func loss(_ index: Int, _ offset: Double) -> Double {
            let weight = reference.weights[index]
            defer { reference.weights[index] = weight }
            reference.weights[index] = weight + offset
            return reference.loss(tokens, targets, length: model.context)
        }
        let h = 1e-4
        return reference.layout.tensors.flatMap { tensor in
            stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: (tensor.range.count + 3) / 4)
        }
        .map { index in
            let near = (loss(index, h) - loss(index, -h)) / (2 * h)
            let far = (loss(index, 2 * h) - loss(index, -2 * h)) / (4 * h)
            return (index, near + (near - far) / 3)
        }
    }()

    private static let batch: (tokens: [UInt32], targets: [UInt32]) = {
        var random = SplitMix64(seed: 51)
        func ids() -> [UInt32] { (0..<2 * model.context).map { _ in UInt32.random(in: 0..<64, using: &random) } }
        return (ids(), ids())
    }()

    @Test(arguments: Numerics.allCases)
    func `a whole gradient is the one of float64 to within some roundings`(numerics: Numerics) {
        let gpt = GPT(
            Self.model, sequences: 2, length: Self.model.context, team: ThreadTeam(threads: 1), numerics: numerics,
            keeping: .forBackward(.float32, .none))
        gpt.weights.buffer.assign(Self.weights, at: 0)
        let backpropagation = Backpropagation(gpt)
        gpt.forward(Self.batch.tokens, length: Self.model.context)
        let count = Float(Self.batch.tokens.count)
        _ = backpropagation.backward(Self.batch.targets, scale: 1 / count, adding: false)
        let found = backpropagation.gradients.buffer.values(0..<Self.weights.count)

        func rms(_ values: [Double]) -> Double {
            (values.reduce(0) { $0 + $1 * $1 } / Double(values.count)).squareRoot()
        }
        let scale = rms(Self.exact.map(\.derivative))
        let differences = Self.exact.map { (Double(found[$0.index]) - $0.derivative) / scale }
        let greatest = differences.map(abs).max() ?? 0
        #expect(rms(differences) < 1e-6)
        #expect(greatest < 1e-5)
        if ProcessInfo.processInfo.environment["CARAVAN_PRINT"] != nil {
            print("| \(numerics) | \(String(format: "%.1e | %.1e", rms(differences), greatest)) |")
        }
    }
}
