import Foundation
import Kernels
import TestSupport
import Testing

/// Functions that a C library would round as it likes.
struct ElementaryTests {
    private let space = Workspace()

    @Test(arguments: InstructionSet.available)
    func `the logarithm in cross-entropy is Foundation's, rounded to float32`(set: InstructionSet) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        // Of n equal logits: log n.
        for count in Array(1...700) + [1024, 4096, 50257, 1 << 20] {
            let losses = space.zeros(1, 1)
            let logits = space.matrix([Float](repeating: 2, count: count))
            _ = arithmetic.crossEntropy(logits, targets: [0], into: losses)
            try #require(losses[0, 0] == Float(log(Double(count))), "\(count)")
        }
        // Of two logits, x and 0: log(1 + exp(x)).
        let x = (-4000...0).map { Float($0) / 200 }
        let (rows, losses) = (space.matrix(x.flatMap { [$0, 0] }, rows: x.count), space.zeros(1, x.count))
        _ = arithmetic.crossEntropy(rows, targets: ArraySlice(x.map { _ in 1 }), into: losses)
        let expected = arithmetic.exponentials(of: x).map { Float(log(Double(1 + $0))) }
        #expect(losses.values == expected)
    }

    @Test(arguments: InstructionSet.available, [1, 16, 83])
    func `normalize gives again what the norm gave`(set: InstructionSet, width: Int) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var random = SplitMix64(seed: 31)
        let (x, y, again) = (
            space.matrix(random.floats(9 * width, scale: 3), rows: 9), space.zeros(9, width), space.zeros(9, width)
        )
        let (gain, bias) = (space.matrix(random.floats(width)), space.matrix(random.floats(width)))
        let kept = Arithmetic.NormStatistics(mean: space.zeros(1, 9), scale: space.zeros(1, 9))
        arithmetic.layerNorm(x, gain: gain, bias: bias, into: y, keeping: kept)
        arithmetic.normalize(
            x.rows(2..<7), gain: gain, bias: bias, statistics: kept.rows(2..<7), into: again.rows(2..<7))
        #expect(again.rows(2..<7).values.bits == y.rows(2..<7).values.bits)
        #expect(again.rows(0..<2).values.allSatisfy { $0 == 0 })
        // In plain Swift: mean and scale are what was kept.
        let plain = (0..<9 * width).map { index -> Float in
            let (row, column) = (index / width, index % width)
            return (x[row, column] - kept.mean[0, row]) * kept.scale[0, row] * gain[0, column] + bias[0, column]
        }
        #expect(y.values.bits == plain.bits)
    }
}
