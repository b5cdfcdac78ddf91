import Kernels
import Testing

/// Vector loops round the same way on every instruction set.
struct SameBitsTests {
    private let space = Workspace()

    /// The bits of everything that the vector loops compute from the same numbers.
    private func bits(_ set: InstructionSet) throws -> [UInt32] {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var numbers = Numbers(seed: 9)
        let (rows, width) = (5, 83)
        let (x, dy) = (
            space.matrix(numbers.list(rows * width, scale: 4), rows: rows),
            space.matrix(numbers.list(rows * width), rows: rows)
        )
        let (gain, bias) = (space.matrix(numbers.list(width)), space.matrix(numbers.list(width)))
        let (y, dx, losses) = (space.zeros(rows, width), space.zeros(rows, width), space.zeros(1, rows))
        let statistics = Arithmetic.NormStatistics(mean: space.zeros(1, rows), scale: space.zeros(1, rows))
        arithmetic.layerNorm(x, gain: gain, bias: bias, into: y, keeping: statistics)
        arithmetic.layerNormBackward(
            dy, at: x, gain: gain, statistics: statistics, skip: dy, into: dx, gainGradient: gain, biasGradient: bias)
        arithmetic.geluBackward(dx, at: x, recomputing: y)
        arithmetic.gelu(dx, into: dx)
        arithmetic.crossEntropyGradient(y, targets: [0, 1, 2, 3, 82], scale: 3, into: losses)
        arithmetic.adamW(
            AdamWStep(learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, number: 1, gradientScale: 1),
            decay: 0.1,
            weights: gain, gradients: bias, mean: space.zeros(1, width), square: space.zeros(1, width))
        let sum = Float(arithmetic.sumOfSquares(gain))
        return [y, dx, losses, gain, bias, statistics.mean, statistics.scale].flatMap(\.values).map(\.bitPattern)
            + [sum.bitPattern]
    }

    @Test(arguments: InstructionSet.available)
    func `all instruction sets give the bits of the baseline`(set: InstructionSet) throws {
        #expect(try bits(set) == bits(.baseline))
    }

    @Test func `the baseline is always there`() {
        #expect(InstructionSet.available.first == .baseline)
    }
}
