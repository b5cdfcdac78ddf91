import Kernels
import WorkUnits

/// The products of one training step and AdamW, and nothing else: what a step takes when all else is free.
///
/// Every product is cut once, into a part for each thread, and OpenBLAS computes a part on one thread. Linear layers and the
/// tied head make three: forward, gradient of the input, gradient of the weights. The values mean nothing: all layers share
/// one set of activations.
final class Floor {
    /// How long each part of a step took.
    struct Times {
        var linear = Duration.zero
        var head = Duration.zero
        var attention = Duration.zero
        var adamW = Duration.zero
    }

    private let model: ModelConfiguration
    private let tokens: Int
    private let products: DividedProducts
    private let attention: FloorAttention
    private let weights, gradients, mean, square: FloatBuffer
    /// `[M, 4C]` at most; every step starts from the same inputs, so that values neither grow nor fade.
    private let noise, inputs, outputs: FloatBuffer
    /// `[M, V]`.
    private let logits: Matrix
    private let logitsBuffer: FloatBuffer

    init(_ model: ModelConfiguration, sequences: Int, length: Int, team: ThreadTeam) {
        tokens = sequences * length
        self.model = model
        products = DividedProducts(team: team)
        attention = FloorAttention(model, sequences: sequences, length: length, team: team)
        let parameters = (12 * model.layers * model.width + model.vocabulary + model.context) * model.width
        weights = .noise(count: parameters)
        gradients = FloatBuffer(count: parameters)
        mean = FloatBuffer(count: parameters)
        square = FloatBuffer(count: parameters)
        noise = .noise(count: tokens * 4 * model.width)
        inputs = FloatBuffer(count: noise.count)
        outputs = FloatBuffer(count: noise.count)
        logitsBuffer = FloatBuffer(count: tokens * model.vocabulary)
        logits = logitsBuffer.matrix(rows: tokens, columns: model.vocabulary)
    }

    func step() -> Times {
        var times = Times()
        let clock = ContinuousClock()
        inputs.row(0..<noise.count).copy(noise.row(0..<noise.count))
        for layer in 0..<model.layers {
            times.linear += clock.measure { forEachLinear(of: layer, forward) }
            times.attention += clock.measure(attention.forward)
        }
        times.head += clock.measure(head)
        for layer in (0..<model.layers).reversed() {
            times.linear += clock.measure { forEachLinear(of: layer, backward) }
            times.attention += clock.measure(attention.backward)
        }
        times.adamW += clock.measure(adamW)
        return times
    }

    /// Weights and their gradient, `[in, out]`.
    private func forEachLinear(of layer: Int, _ body: (_ weights: Matrix, _ gradient: Matrix) -> Void) {
        let width = model.width
        var offset = layer * 12 * width * width
        for (input, output) in [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width)] {
            body(
                weights.matrix(at: offset, rows: input, columns: output),
                gradients.matrix(at: offset, rows: input, columns: output))
            offset += input * output
        }
    }

    private func forward(_ weights: Matrix, _ gradient: Matrix) {
        let x = inputs.matrix(rows: tokens, columns: weights.rows)
        let y = outputs.matrix(rows: tokens, columns: weights.columns)
        products.multiply(Operand(x), Operand(weights), into: y)
    }

    private func backward(_ weights: Matrix, _ gradient: Matrix) {
        let x = inputs.matrix(rows: tokens, columns: weights.rows)
        let y = outputs.matrix(rows: tokens, columns: weights.columns)
        products.multiply(Operand(y), Operand(transposed: weights), into: x)
        products.multiply(Operand(transposed: x), Operand(y), into: gradient)
    }

    private func head() {
        let (width, vocabulary) = (model.width, model.vocabulary)
        let offset = 12 * model.layers * width * width
        let table = weights.matrix(at: offset, rows: vocabulary, columns: width)
        let gradient = gradients.matrix(at: offset, rows: vocabulary, columns: width)
        let x = inputs.matrix(rows: tokens, columns: width)
        let dx = outputs.matrix(rows: tokens, columns: width)
        products.multiply(Operand(x), Operand(transposed: table), into: logits)
        products.multiply(Operand(logits), Operand(table), into: dx)
        products.multiply(Operand(transposed: logits), Operand(x), into: gradient)
    }

    private func adamW() {
        let step = AdamWStep(
            learningRate: 1e-6, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, number: 1, gradientScale: 1)
        products.divide(weights.count) { range in
            products.arithmetic.adamW(
                step, decay: 0.1, weights: weights.row(range), gradients: gradients.row(range),
                mean: mean.row(range), square: square.row(range))
        }
    }
}

extension FloatBuffer {
    /// Between -0.05 and 0.05.
    static func noise(count: Int) -> FloatBuffer {
        let (buffer, random) = (FloatBuffer(count: count), CounterRandom(seed: 1, stream: 0))
        for start in stride(from: 0, to: count, by: 1 << 20) {
            let range = start..<min(start + (1 << 20), count)
            buffer.assign(range.map { Float(random.unit(UInt64($0)) - 0.5) * 0.1 }, at: start)
        }
        return buffer
    }
}
