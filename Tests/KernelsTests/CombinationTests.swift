import Kernels
import TestSupport
import Testing

struct CombinationTests {
    @Test(arguments: [(1, 1), (3, 7), (5, 64), (2, 1000)])
    func `a combination is what two products and a sum give`(rows: Int, columns: Int) {
        var random = SplitMix64(seed: 8)
        let (x, y) = (random.floats(rows * columns), random.floats(rows * columns))
        let expected = zip(x, y).map { 0.3 * $0 + -1.7 * $1 }
        let (one, other) = (FloatBuffer(x), FloatBuffer(y))
        let result = FloatBuffer(count: rows * columns)
        let matrices = [one, other, result].map { $0.matrix(rows: rows, columns: columns) }
        Arithmetic().combine(0.3, matrices[0], -1.7, matrices[1], into: matrices[2])
        #expect(matrices[2].values == expected)
        Arithmetic().combine(0.3, matrices[0], -1.7, matrices[1], into: matrices[1])
        #expect(matrices[1].values == expected, "in place")
    }

    @Test func `columns of wider matrices are combined, and their neighbours left alone`() {
        let buffer = FloatBuffer((0..<12).map(Float.init))
        let matrix = buffer.matrix(rows: 3, columns: 4)
        Arithmetic().combine(2, matrix.columns(1..<3), 1, matrix.columns(2..<4), into: matrix.columns(1..<3))
        #expect(matrix.values == [0, 4, 7, 3, 4, 16, 19, 7, 8, 28, 31, 11])
    }
}
