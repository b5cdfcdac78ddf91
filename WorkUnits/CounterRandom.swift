/// Random bits by counter: element `i` of a stream depends on seed, stream and `i` alone, and can be computed by itself.
///
/// SplitMix64's output function (Steele, Lea and Flood, 2014) over a counter. The same bits everywhere.
public struct CounterRandom: Sendable {
    /// What seed and stream make; CUpdates continues from here.
    package let key: UInt64

    /// A `stream` tells apart the uses of one seed.
    public init(seed: UInt64, stream: UInt64) {
        key = Self.mix(Self.mix(seed) &+ Self.mix(~stream))
    }

    public subscript(index: UInt64) -> UInt64 {
        Self.mix(key &+ (index &+ 1) &* 0x9E37_79B9_7F4A_7C15)
    }

    /// In [0, 1), a multiple of 2⁻⁵³.
    public func unit(_ index: UInt64) -> Double {
        Double(self[index] >> 11) * 0x1p-53
    }

    /// In 0 ..< bound, by multiplication: the bias is below bound / 2⁶⁴.
    public func below(_ bound: Int, _ index: UInt64) -> Int {
        Int(self[index].multipliedFullWidth(by: UInt64(bound)).high)
    }

    private static func mix(_ input: UInt64) -> UInt64 {
        var x = input
        x = (x ^ (x >> 30)) &* 0xBF58_476D_1CE4_E5B9
        x = (x ^ (x >> 27)) &* 0x94D0_49BB_1331_11EB
        return x ^ (x >> 31)
    }
}
