/// What the hash tables of this module mix in: drawn anew by every process, as `Dictionary` does, so that no text and
/// no file can be made whose words all collide. Nothing that is computed depends on it.
struct HashSeed {
    let first: UInt64
    let second: UInt64

    static let ofThisProcess = HashSeed()

    private init() {
        func draw(_ number: Int) -> UInt64 {
            var hasher = Hasher()
            hasher.combine(number)
            return UInt64(truncatingIfNeeded: hasher.finalize())
        }
        (first, second) = (draw(1), draw(2))
    }

    /// Folds the 128-bit product of both halves (as wyhash does, Wang Yi, 2019).
    @inline(__always)
    func hash(_ low: UInt64, _ high: UInt64) -> UInt64 {
        let product = (low ^ first).multipliedFullWidth(by: high ^ second)
        return product.high ^ product.low
    }
}
