import Kernels
import Testing

/// Every operation against its reference, on every instruction set of this processor, at widths that are and are not
/// whole vectors.
struct ArithmeticTests {
    static let widths = [1, 5, 16, 37, 64]
    let space = Workspace()

    @Test(arguments: Arithmetic.Products.allCases, [(1, 1, 1), (3, 5, 7), (33, 17, 65), (13, 300, 550)])
    func `products agree with the reference in all four orientations`(
        products: Arithmetic.Products, shape: (m: Int, k: Int, n: Int)
    ) {
        let (m, k, n) = shape
        let arithmetic = Arithmetic(products)
        var numbers = Numbers(seed: 1)
        let (a, b, start) = (numbers.list(m * k), numbers.list(k * n), numbers.list(m * n))
        let product = Reference.multiply(a.doubles, b.doubles, m: m, k: k, n: n)
        func turned(_ values: [Float], _ rows: Int, _ columns: Int) -> Matrix {
            space.matrix(
                Reference.transpose(values.doubles, rows: rows, columns: columns).map { Float($0) }, rows: columns)
        }
        let left = [space.matrix(a, rows: m).asIs, turned(a, m, k).transposed]
        let right = [space.matrix(b, rows: k).asIs, turned(b, k, n).transposed]
        for (l, r) in left.flatMap({ l in right.map { (l, $0) } }) {
            let c = space.matrix(start, rows: m)
            arithmetic.multiply(l, r, into: c)
            #expect(distance(c.values, product) < 1e-6)
            arithmetic.multiply(l, r, into: c, adding: true)
            #expect(distance(c.values, product.map { 2 * $0 }) < 1e-6)
        }
    }

    @Test(arguments: InstructionSet.available, widths)
    func `layer norm and its gradients agree with the reference`(set: InstructionSet, width: Int) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var numbers = Numbers(seed: 2)
        let rows = 3
        let (x, dy) = (numbers.list(rows * width, scale: 3), numbers.list(rows * width))
        let (gain, bias, skip) = (numbers.list(width), numbers.list(width), numbers.list(rows * width))
        let statistics = Arithmetic.NormStatistics(mean: space.zeros(1, rows), scale: space.zeros(1, rows))
        let (input, y) = (space.matrix(x, rows: rows), space.zeros(rows, width))
        arithmetic.layerNorm(
            input, gain: space.matrix(gain), bias: space.matrix(bias), into: y, keeping: statistics)
        #expect(distance(y.values, Reference.layerNorm(x.doubles, gain: gain.doubles, bias: bias.doubles)) < 2e-6)

        let expected = Reference.layerNormBackward(dy.doubles, at: x.doubles, gain: gain.doubles)
        let (dx, dgain, dbias) = (space.zeros(rows, width), space.matrix(gain), space.matrix(bias))
        arithmetic.layerNormBackward(
            space.matrix(dy, rows: rows), at: input, gain: space.matrix(gain), statistics: statistics,
            skip: space.matrix(skip, rows: rows), into: dx, gainGradient: dgain, biasGradient: dbias)
        #expect(distance(dx.values, zip(expected.x, skip).map { $0 + Double($1) }) < 2e-5)
        #expect(distance(dgain.values, zip(expected.gain, gain).map { $0 + Double($1) }) < 1e-5)
        #expect(distance(dbias.values, zip(expected.bias, bias).map { $0 + Double($1) }) < 1e-5)
    }

    @Test(arguments: InstructionSet.available, widths)
    func `GELU and its derivative agree with the reference`(set: InstructionSet, count: Int) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var numbers = Numbers(seed: 3)
        let (x, dy) = (numbers.list(count, scale: 12), numbers.list(count))
        let (y, gradient) = (space.zeros(1, count), space.matrix(dy))
        arithmetic.gelu(space.matrix(x), into: y)
        let again = space.zeros(1, count)
        arithmetic.geluBackward(gradient, at: space.matrix(x), recomputing: again)
        #expect(again.values == y.values)
        #expect(distance(y.values, x.map { Reference.gelu(Double($0)) }) < 5e-7)
        #expect(distance(gradient.values, zip(x, dy).map { Reference.geluDerivative(Double($0)) * Double($1) }) < 1e-6)
    }

    @Test(arguments: InstructionSet.available)
    func `exp is within 2e-7 of the reference, and NaN stays NaN`(set: InstructionSet) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        let x = (-8700...8800).map { Float($0) / 100 }
        let errors = zip(arithmetic.exponentials(of: x), x).map { found, x in
            abs(Double(found) / Reference.exponential(Double(x)) - 1)
        }
        #expect(try #require(errors.max()) < 2e-7)
        #expect(arithmetic.exponentials(of: [.nan])[0].isNaN)
        #expect(arithmetic.exponentials(of: [-1000])[0] < 1e-37)
    }

    @Test(arguments: InstructionSet.available, [(1, 8), (16, 5), (64, 16), (70, 32), (150, 7)])
    func `attention and its gradients agree with the reference`(set: InstructionSet, shape: (Int, Int)) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        let (length, width) = shape
        var numbers = Numbers(seed: 4)
        let fused = space.matrix(numbers.list(length * 3 * width, scale: 2), rows: length)
        let head = AttentionHead(0, of: 1, in: fused)
        let (q, k, v) = (head.query.values.doubles, head.key.values.doubles, head.value.values.doubles)
        let (output, kept) = (
            space.zeros(length, width),
            AttentionHead.Statistics(maximum: space.zeros(1, length), inverse: space.zeros(1, length))
        )
        let scratch = space.scratch(AttentionHead.scratchCount(length: length))
        arithmetic.attention(head, into: output, keeping: kept, scratch: scratch)
        #expect(distance(output.values, Reference.attention(query: q, key: k, value: v, width: width)) < 2e-6)

        let dy = numbers.list(length * width)
        let gradient = AttentionHead(0, of: 1, in: space.zeros(length, 3 * width))
        arithmetic.attentionBackward(
            space.matrix(dy, rows: length), at: head, output: output, statistics: kept, into: gradient, scratch: scratch
        )
        let expected = Reference.attentionBackward(dy.doubles, query: q, key: k, value: v, width: width)
        #expect(distance(gradient.query.values, expected.query) < 5e-6)
        #expect(distance(gradient.key.values, expected.key) < 5e-6)
        #expect(distance(gradient.value.values, expected.value) < 5e-6)
    }

    @Test func `attention of the last queries is the end of the attention of all`() {
        var numbers = Numbers(seed: 5)
        let (length, width) = (20, 4)
        let head = AttentionHead(0, of: 1, in: space.matrix(numbers.list(length * 3 * width), rows: length))
        let all = Reference.attention(
            query: head.query.values.doubles, key: head.key.values.doubles, value: head.value.values.doubles,
            width: width)
        let last = AttentionHead(query: head.query.rows(17..<20), key: head.key, value: head.value)
        let output = space.zeros(3, width)
        Arithmetic().attention(
            last, into: output, keeping: .init(maximum: space.zeros(1, 3), inverse: space.zeros(1, 3)),
            scratch: space.scratch(AttentionHead.scratchCount(length: length)))
        #expect(distance(output.values, Array(all[(17 * width)...])) < 1e-6)
    }

    @Test(arguments: InstructionSet.available, [2, 16, 53])
    func `cross-entropy and its gradient agree with the reference`(set: InstructionSet, width: Int) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var numbers = Numbers(seed: 6)
        let logits = numbers.list(2 * width, scale: 20)
        let rows = [Array(logits[..<width]), Array(logits[width...])]
        let best = try #require(rows[0].indices.max { rows[0][$0] < rows[0][$1] })
        let targets = [UInt32(best), UInt32(width - 1)]
        let expected = zip(rows, targets).map { Reference.crossEntropy($0.doubles, target: Int($1)) }
        let (losses, matrix) = (space.zeros(1, 2), space.matrix(logits, rows: 2))
        let hits = arithmetic.crossEntropy(matrix, targets: targets[...], into: losses)
        #expect(distance(losses.values, expected) < 1e-6)
        #expect(hits == 1 + (rows[1].indices.allSatisfy { rows[1][$0] <= rows[1][width - 1] } ? 1 : 0))

        arithmetic.crossEntropyGradient(matrix, targets: targets[...], scale: 0.5, into: losses)
        #expect(distance(losses.values, expected) < 1e-6)
        let gradient = zip(rows, targets).flatMap { Reference.crossEntropyGradient($0.doubles, target: Int($1)) }
        #expect(distance(matrix.values, gradient.map { $0 / 2 }) < 1e-6)
    }

    @Test func `of equal logits the first counts as the prediction`() {
        let logits = space.matrix([1, 3, 3, 0, 1, 3, 3, 0], rows: 2)
        #expect(Arithmetic().crossEntropy(logits, targets: [1, 2], into: space.zeros(1, 2)) == 1)
    }

    @Test func `a logit that is not finite makes the loss not finite`() {
        for bad in [Float.nan, .infinity] {
            let (logits, losses) = (space.matrix([0, bad, 1]), space.zeros(1, 1))
            _ = Arithmetic().crossEntropy(logits, targets: [0], into: losses)
            #expect(!losses[0, 0].isFinite)
        }
    }

    @Test(arguments: InstructionSet.available, widths)
    func `AdamW agrees with the reference`(set: InstructionSet, count: Int) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var numbers = Numbers(seed: 7)
        let (w, g, m) = (numbers.list(count), numbers.list(count), numbers.list(count))
        let v = numbers.list(count).map { $0 * $0 }
        let step = AdamWStep(
            learningRate: 1e-2, beta1: 0.9, beta2: 0.95, epsilon: 1e-8, number: 3, gradientScale: 0.5)
        let (weights, mean, square) = (space.matrix(w), space.matrix(m), space.matrix(v))
        arithmetic.adamW(
            step, decay: 0.1, weights: weights, gradients: space.matrix(g), mean: mean, square: square)
        let expected = (0..<count).map {
            Reference.adamW(
                step, decay: 0.1, weight: Double(w[$0]), gradient: Double(g[$0]), mean: Double(m[$0]),
                square: Double(v[$0]))
        }
        #expect(distance(weights.values, expected.map(\.weight)) < 5e-7)
        #expect(distance(mean.values, expected.map(\.mean)) < 5e-7)
        #expect(distance(square.values, expected.map(\.square)) < 5e-7)
    }

    @Test(arguments: InstructionSet.available, [0, 1, 31, 5000])
    func `sums over rows and squares agree with plain sums`(set: InstructionSet, count: Int) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var numbers = Numbers(seed: 8)
        let x = numbers.list(count)
        let squares = x.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(arithmetic.sumOfSquares(space.matrix(x)) - squares) <= 1e-6 * squares)
        let (sums, column) = (space.zeros(1, 1), space.matrix(x, rows: max(count, 1)))
        guard count > 0 else { return }
        arithmetic.addColumnSums(of: column, to: sums)
        #expect(abs(Double(sums[0, 0]) - x.doubles.reduce(0, +)) < 1e-3)
    }
}
