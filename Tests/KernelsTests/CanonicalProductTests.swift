import Kernels
import TestSupport
import Testing

/// Canonical products against their specification in plain Swift, to the last bit, on every instruction set that this
/// processor has, and on the numbers that are the hardest.
struct CanonicalProductTests {
    typealias Shape = (m: Int, k: Int, n: Int)

    /// Around every size of tile, panel and block.
    static let shapes: [Shape] =
        [(1, 1, 1), (7, 13, 257), (13, 37, 300), (37, 300, 13), (300, 13, 37), (2, 1031, 3), (5, 64, 97)]
        + [255, 256, 257, 511, 512, 513].flatMap { [(3, $0, 5), (3, 5, $0), ($0, 5, 3)] }
        + (1...13).map { ($0, 19, 33) }

    @Test(arguments: InstructionSet.available, HardNumbers.allCases)
    func `a product is its specification to the last bit`(set: InstructionSet, numbers: HardNumbers) throws {
        let arithmetic = try #require(Arithmetic(.canonical, on: set))
        var random = SplitMix64(seed: 20)
        for shape in Self.shapes {
            let example = Example(numbers, shape, &random)
            let expected = [false, true].map(example.expected)
            for variant in Example.Variant.all {
                let found = example.compute(arithmetic, variant, &random)
                try #require(found.isWhole, "\(shape), \(variant) wrote outside of the result")
                try #require(found.bits == expected[variant.isAdding ? 1 : 0], "\(shape), \(variant)")
            }
        }
    }

    @Test func `the numbers can tell a chain that is not fused, or rounds twice, from one that is`() {
        func differences(_ numbers: HardNumbers, _ step: @escaping (Float, Float, Float) -> Float) -> Int {
            var random = SplitMix64(seed: 21)
            let example = Example(numbers, (24, 40, 24), &random)
            return zip(example.expected(adding: false), example.folded(adding: false, step)).count { $0 != $1 }
        }
        func plain(_ a: Float, _ b: Float, _ c: Float) -> Float { a * b + c }
        func roundedTwice(_ a: Float, _ b: Float, _ c: Float) -> Float { Float(Double(a) * Double(b) + Double(c)) }
        #expect(differences(.ties, roundedTwice) > 50)
        #expect(differences(.denormalTies, roundedTwice) > 50)
        #expect(differences(.cancelling, plain) > 500)
        #expect(differences(.ordinary, plain) > 50)
        #expect(differences(.ties) { $2.addingProduct($0, $1) } == 0)
    }

    @Test func `blocks of 256 terms are part of the specification`() {
        var random = SplitMix64(seed: 22)
        let example = Example(.ordinary, (3, 300, 3), &random)
        let oneChain = example.folded(adding: false, blocks: 300) { $2.addingProduct($0, $1) }
        #expect(example.expected(adding: false) != oneChain)
    }

    @Test(arguments: Arithmetic.Products.allCases)
    func `a product of no terms is zero`(products: Arithmetic.Products) {
        let (space, arithmetic) = (Workspace(), Arithmetic(products))
        let c = space.matrix([1, 2, 3, 4], rows: 2)
        let (a, b) = (space.zeros(2, 1).columns(0..<0), space.zeros(1, 2).rows(0..<0))
        arithmetic.multiply(a.asIs, b.asIs, into: c, adding: true)
        #expect(c.values == [1, 2, 3, 4])
        arithmetic.multiply(a.asIs, b.asIs, into: c)
        #expect(c.values == [0, 0, 0, 0])
    }
}

/// Factors, and the bits that their product has.
private struct Example {
    let shape: CanonicalProductTests.Shape
    let a, b, c: [Float]

    init(_ numbers: HardNumbers, _ shape: CanonicalProductTests.Shape, _ random: inout SplitMix64) {
        self.shape = shape
        (a, b, c) = numbers.product(shape.m, shape.k, shape.n, &random)
    }

    /// The specification: chains of fused multiply-adds over blocks of 256 terms, added up in order.
    func expected(adding: Bool) -> [UInt32] {
        folded(adding: adding) { $2.addingProduct($0, $1) }
    }

    func folded(adding: Bool, blocks size: Int = 256, _ step: (Float, Float, Float) -> Float) -> [UInt32] {
        let (m, k, n) = shape
        var result: [Float] = []
        for (row, column) in (0..<m).flatMap({ row in (0..<n).map { (row, $0) } }) {
            var sum = c[row * n + column]
            for block in stride(from: 0, to: k, by: size) {
                var chain: Float = 0
                for i in block..<min(block + size, k) { chain = step(a[row * k + i], b[i * n + column], chain) }
                sum = block == 0 && !adding ? chain : sum + chain
            }
            result.append(sum)
        }
        return result.bits
    }

    enum Packing: CaseIterable {
        case none
        case whole
        /// Some columns after the others, the last first.
        case parts
    }

    /// A way to compute the same.
    struct Variant {
        var isLeftTurned, isRightTurned, isAdding: Bool
        var packing: Packing

        static let all = Packing.allCases.flatMap { packing in
            (0..<8).map {
                Variant(isLeftTurned: $0 & 1 > 0, isRightTurned: $0 & 2 > 0, isAdding: $0 & 4 > 0, packing: packing)
            }
        }
    }

    /// - Returns: the result's bits, and whether nothing around it was touched.
    func compute(
        _ arithmetic: Arithmetic, _ variant: Variant, _ random: inout SplitMix64
    ) -> (bits: [UInt32], isWhole: Bool) {
        let space = Workspace()
        func factor(_ values: [Float], _ rows: Int, _ columns: Int, isTurned: Bool) -> Factor {
            guard isTurned else { return space.window(values, rows: rows, &random).inside.asIs }
            let turned = (0..<columns * rows).map { values[$0 % rows * columns + $0 / rows] }
            return space.window(turned, rows: columns, &random).inside.transposed
        }
        let left = factor(a, shape.m, shape.k, isTurned: variant.isLeftTurned)
        let right = factor(b, shape.k, shape.n, isTurned: variant.isRightTurned)
        let (around, result) = space.window(c, rows: shape.m, &random)
        let before = around.values.bits

        let memory = space.scratch(PackedFactor.count(rows: shape.k, columns: shape.n))
        let packed = variant.packing == .none ? PackedFactor(right) : PackedFactor(right, in: memory)
        let unit = variant.packing == .parts ? PackedFactor.unit * Int.random(in: 1...3, using: &random) : shape.n
        for start in stride(from: 0, to: shape.n, by: unit).reversed() {
            arithmetic.pack(packed, columns: start..<min(start + unit, shape.n))
        }
        arithmetic.multiply(left, packed, into: result, adding: variant.isAdding)
        let bits = result.values.bits
        result.assign(c)
        return (bits, around.values.bits == before)
    }
}

extension Workspace {
    /// A matrix with gaps before, after and between its rows, where no number stands.
    fileprivate func window(
        _ values: [Float], rows: Int, _ random: inout SplitMix64
    ) -> (around: Matrix, inside: Matrix) {
        let columns = values.count / rows
        let (before, after) = (Int.random(in: 0...5, using: &random), Int.random(in: 0...5, using: &random))
        let width = before + columns + after
        let around = matrix([Float](repeating: .nan, count: (rows + 2) * width), rows: rows + 2)
        let inside = around.rows(1..<rows + 1).columns(before..<before + columns)
        inside.assign(values)
        return (around, inside)
    }
}
