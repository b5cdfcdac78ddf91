import Kernels

/// Seeded numbers in -1 ..< 1, and how far two lists of numbers are apart.
struct Numbers {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> Float {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int64(bitPattern: state) >> 40) * 0x1p-23
    }

    mutating func list(_ count: Int, scale: Float = 1) -> [Float] {
        (0..<count).map { _ in next() * scale }
    }
}

/// The greatest difference, relative to the greatest expected magnitude (at least 1).
func distance(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let scale = expected.reduce(1) { max($0, abs($1)) }
    return zip(found, expected).reduce(0) { abs(Double($1.0) - $1.1) > $0 ? abs(Double($1.0) - $1.1) : $0 } / scale
}

extension [Float] {
    var doubles: [Double] { map(Double.init) }
}

/// Owns the buffers of the matrices that a test makes.
final class Workspace {
    private var buffers: [FloatBuffer] = []

    func matrix(_ values: [Float], rows: Int = 1) -> Matrix {
        let buffer = FloatBuffer(values)
        buffers.append(buffer)
        return buffer.matrix(rows: rows, columns: values.count / rows)
    }

    func zeros(_ rows: Int, _ columns: Int) -> Matrix {
        matrix([Float](repeating: 0, count: rows * columns), rows: rows)
    }

    func scratch(_ count: Int) -> Matrix {
        // Not zeros: operations may not rely on what scratch memory holds.
        matrix([Float](repeating: .nan, count: count))
    }
}
