import Kernels
import TestSupport
import Testing

struct BFloat16Tests {
    /// The nearest of the two bfloat16 numbers around a finite `x`, or the even one of two that are as near.
    ///
    /// Above the greatest one stands 2^128, which is infinity.
    private static func nearest(_ x: Float) -> Float {
        let lower = x.bitPattern & 0xFFFF_0000
        let upper = lower + 0x1_0000
        func magnitude(_ bits: UInt32) -> Double {
            bits & 0x7FFF_FFFF == 0x7F80_0000 ? 0x1p128 : Double(Float(bitPattern: bits)).magnitude
        }
        let (below, above) = (Double(x).magnitude - magnitude(lower), magnitude(upper) - Double(x).magnitude)
        let isLower = below == above ? lower & 0x1_0000 == 0 : below < above
        return Float(bitPattern: isLower ? lower : upper)
    }

    /// Every upper half, with lower halves on, just below and just above a tie; rows of 83.
    private static let hard: [Float] = {
        let values = (0...UInt32(0xFFFF)).flatMap { upper in
            [0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF].map { Float(bitPattern: upper << 16 | $0) }
        }
        return values + [Float](repeating: 0, count: 83 - values.count % 83)
    }()

    private static func place(rows: Int, columns: Int) -> (arena: MatrixArena, layout: BFloat16Matrix) {
        MatrixArena.allocate { $0.nextBFloat16(rows, columns) }
    }

    @Test(arguments: InstructionSet.available)
    func `rounding takes the nearest, of two the even, and keeps NaN and infinity`(set: InstructionSet) throws {
        let (arithmetic, space) = (try #require(Arithmetic(.canonical, on: set)), Workspace())
        let expected = Self.hard.map { $0.isFinite ? Self.nearest($0) : $0 }.bits
        let rows = Self.hard.count / 83
        let (x, y) = (space.matrix(Self.hard, rows: rows), space.zeros(rows, 83))
        let (arena, narrow) = Self.place(rows: rows, columns: 83)
        try withExtendedLifetime(arena) {
            arithmetic.round(x, into: narrow)
            arithmetic.widen(narrow, into: y)
            try #require(y.values.bits == expected)
        }
        arithmetic.round(x, into: y)
        try #require(y.values.bits == expected)
        arithmetic.round(x, into: x)
        try #require(x.values.bits == expected)
    }

    @Test(arguments: InstructionSet.available)
    func `a window is rounded and widened alone`(set: InstructionSet) throws {
        let (arithmetic, space) = (try #require(Arithmetic(.canonical, on: set)), Workspace())
        var random = SplitMix64(seed: 30)
        let (arena, whole) = Self.place(rows: 7, columns: 50)
        for columns in [0..<1, 3..<19, 2..<50, 17..<18, 0..<50] {
            withExtendedLifetime(arena) {
                arithmetic.round(space.zeros(7, 50), into: whole)
                let values = random.floats(5 * columns.count)
                arithmetic.round(space.matrix(values, rows: 5), into: whole[rows: 1..<6, columns: columns])
                let (all, some) = (space.zeros(7, 50), space.zeros(5, columns.count))
                arithmetic.widen(whole, into: all)
                arithmetic.widen(whole[rows: 1..<6, columns: columns], into: some)
                #expect(some.values == values.map(Self.nearest))
                #expect(all.rows(1..<6).columns(columns).values == some.values)
                #expect(all.values.count { $0 != 0 } == some.values.count { $0 != 0 })
            }
        }
    }
}
