import Kernels
import LanguageModel
import TestSupport
import Testing
import Training
import WorkUnits

/// Muon for one matrix `[rows, columns]`, in float64 and as plainly as its papers write it.
private struct PlainMuon {
    var rows: Int
    var columns: Int
    var weight: [Double]
    var momentum: [Double]

    mutating func step(_ gradient: [Double], mu: Double, rate: Double, decay: Double) {
        momentum = zip(momentum, gradient).map { mu * $0 + $1 }
        let direction = orthogonal(zip(momentum, gradient).map { $1 + mu * $0 })
        let scale = 0.2 * Double(max(rows, columns)).squareRoot()
        weight = zip(weight, direction).map { (1 - rate * decay) * $0 - rate * scale * $1 }
    }

    /// Always through the Gram matrix of the rows: where Muon takes the smaller one, the result is the same.
    private func orthogonal(_ matrix: [Double]) -> [Double] {
        let norm = matrix.reduce(0) { $0 + $1 * $1 }.squareRoot()
        var x = matrix.map { $0 / (norm + 1e-7) }
        for _ in 0..<5 {
            let transposed = Reference.transpose(x, rows: rows, columns: columns)
            let gram = Reference.multiply(x, transposed, m: rows, k: columns, n: rows)
            let square = Reference.multiply(gram, gram, m: rows, k: rows, n: rows)
            let factor = zip(gram, square).map { -4.7750 * $0 + 2.0315 * $1 }
            let product = Reference.multiply(factor, x, m: rows, k: rows, n: columns)
            x = zip(x, product).map { 3.4445 * $0 + $1 }
        }
        return x
    }
}

struct MuonTests {
    private var unit: Unit {
        var unit = Unit()
        unit.settings.optimizer.kind = .muon
        return unit
    }

    /// The values of a tensor's columns.
    private func columns(_ range: Range<Int>, of tensor: ParameterTensor, in flat: [Float]) -> [Double] {
        let width = tensor.shape[1]
        return (0..<tensor.shape[0]).flatMap { row in
            range.map { Double(flat[tensor.range.lowerBound + row * width + $0]) }
        }
    }

    @Test func `three steps agree with a plain version in float64`() throws {
        let model = ModelConfiguration(layers: 2, width: 12, heads: 2, vocabulary: 23, context: 8)
        let layout = ParameterLayout(model)
        let settings = OptimizerSettings(
            kind: .muon, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.3, clipNorm: 1, momentum: 0.9)
        let muon = Muon(model, settings, numerics: .canonical, threads: 1)
        #expect(muon.slices == 2 * 6)
        var random = SplitMix64(seed: 21)
        let start = random.floats(layout.count)
        let gradients = (0..<3).map { _ in random.floats(layout.count) }
        let (weights, momentum) = (FloatBuffer(start), FloatBuffer(count: layout.count))
        for gradient in gradients {
            for slice in 0..<muon.slices {
                muon.step(
                    slice: slice, worker: 0, weights: weights, gradients: FloatBuffer(gradient), momentum: momentum,
                    gradientScale: 0.5, learningRate: 0.1)
            }
        }
        let moved = weights.values(0..<layout.count)
        for tensor in layout.tensors {
            guard tensor.decays else {
                #expect(Array(moved[tensor.range]) == Array(start[tensor.range]), "\(tensor.name) is not Muon's")
                continue
            }
            let width = tensor.name.contains("c_attn") ? 12 : tensor.shape[1]
            for first in stride(from: 0, to: tensor.shape[1], by: width) {
                let part = first..<first + width
                var plain = PlainMuon(
                    rows: tensor.shape[0], columns: width, weight: columns(part, of: tensor, in: start),
                    momentum: Array(repeating: 0, count: tensor.shape[0] * width))
                for gradient in gradients {
                    let clipped = columns(part, of: tensor, in: gradient).map { 0.5 * $0 }
                    plain.step(clipped, mu: 0.9, rate: 0.1, decay: 0.3)
                }
                let found = columns(part, of: tensor, in: moved)
                let worst = zip(found, plain.weight).map { abs($0 - $1) }.max() ?? .infinity
                #expect(worst < 1e-5, "\(tensor.name) \(part)")
            }
        }
    }

    @Test func `a matrix without gradient stays, but for decay`() {
        let model = Unit().model
        let settings = OptimizerSettings(
            kind: .muon, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0, clipNorm: 1)
        let muon = Muon(model, settings, numerics: .canonical, threads: 1)
        let start = Unit().weights
        let (weights, zeros) = (FloatBuffer(start), FloatBuffer(count: start.count))
        muon.step(
            slice: 0, worker: 0, weights: weights, gradients: zeros, momentum: FloatBuffer(count: start.count),
            gradientScale: 1, learningRate: 0.1)
        #expect(weights.values(0..<start.count) == start)
    }

    @Test func `it moves the blocks' matrices, and AdamW the rest`() throws {
        let (with, without) = (try unit.trainer(), try Unit().trainer())
        try with.takeStep()
        try without.takeStep()
        let (one, other) = (with.weights(), without.weights())
        for tensor in ParameterLayout(unit.model).tensors {
            #expect((one[tensor.range] == other[tensor.range]) == !tensor.decays, "\(tensor.name)")
        }
    }

    @Test func `it learns at least as fast as AdamW`() throws {
        func loss(_ kind: OptimizerSettings.Kind) throws -> Float {
            var unit = Unit()
            unit.settings.optimizer.kind = kind
            var random = SplitMix64(seed: 5)
            // A small grammar: each token has three that may follow it.
            unit.tokens = [0]
            while unit.tokens.count < 4000 {
                let last = unit.tokens[unit.tokens.count - 1]
                unit.tokens.append((last * 5 + UInt32.random(in: 0..<3, using: &random)) % 23)
            }
            (unit.settings.steps, unit.settings.schedule.totalSteps, unit.settings.firstStep) = (150, 150, 0)
            return try unit.finished().losses.suffix(8).reduce(0, +) / 8
        }
        let (muon, adamW) = (try loss(.muon), try loss(.adamW))
        #expect(muon < adamW, "Muon \(muon), AdamW \(adamW)")
        #expect(muon < 1.4, "ln 3 is the least possible")
    }

    @Test(arguments: [2, 3])
    func `any number of threads gives the same bits`(threads: Int) throws {
        let (one, more) = (try unit.finished(), try unit.finished(threads: threads))
        #expect(one.weights() == more.weights())
        #expect(one.losses == more.losses)
    }

    @Test func `a resumed trainer ends with the same bits`() throws {
        let whole = try unit.finished()
        let first = try unit.trainer()
        for _ in 0..<3 { try first.takeStep() }
        let second = try unit.trainer(threads: 2)
        try second.restore(first.state())
        while !second.isFinished { try second.takeStep() }
        #expect(second.weights() == whole.weights())
        #expect(second.state() == whole.state())
    }

    @Test func `its state is smaller than AdamW's, and neither goes on with the other's`() throws {
        let (muon, adamW) = (try unit.trainer(), try Unit().trainer())
        #expect(muon.state().count < adamW.state().count)
        #expect(throws: TrainingFailure.wrongState("it belongs to another work unit")) {
            try muon.restore(adamW.state())
        }
    }
}
