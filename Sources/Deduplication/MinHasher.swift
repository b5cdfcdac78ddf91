/// Makes signatures of documents: the share of equal values of two signatures estimates the Jaccard index of their
/// shingles.
///
/// Dahlgaard, Knudsen and Thorup, "Fast similarity sketching", FOCS 2017: instead of hashing every shingle once for each
/// value, round i throws every shingle with its own hash function into one of the values' bins; a bin keeps the smallest
/// hash of the first round that reached it. Rounds end when no bin is empty; from round `permutations` on, all shingles
/// go to bin i − permutations. Each value is still equal with the probability s of MinHash, and the estimate's variance
/// is not above MinHash's; but a long document costs one hash for each shingle, a short one some hundreds in all.
public struct MinHasher: Sendable {
    public let parameters: MinHashParameters

    /// - Throws: `DeduplicationFailure.parameters`.
    public init(_ parameters: MinHashParameters) throws(DeduplicationFailure) {
        try parameters.validate()
        self.parameters = parameters
    }

    /// A document's signature: `permutations` values. Documents without any word have equal ones.
    ///
    /// Memory: about 2 bytes for each byte of the text. Letters are told from other characters by the running system's
    /// Unicode tables: a character younger than those parts words.
    ///
    /// - Parameter text: well-formed UTF-8.
    public func signature(of text: [UInt8]) -> [UInt32] {
        let shingles = Shingles(text, length: parameters.shingleLength).hashes
        let count = parameters.permutations
        var values = [UInt32](repeating: .max, count: count)
        var isFilled = [Bool](repeating: false, count: count)
        var reached: [UInt32] = []
        var empty = count
        var round = 0
        while empty > 0 {
            let key = Self.mixed(parameters.seed &+ UInt64(round) &* 0xA076_1D64_78BD_642F)
            if round == 0 {
                empty -= fillFirst(shingles, key, &values, &isFilled)
            } else {
                for shingle in shingles {
                    let hash = Self.mixed(shingle ^ key)
                    let bin = round < count ? bin(hash) : round - count
                    if isFilled[bin] { continue }
                    // Not marked as filled before the round is over.
                    reached.append(UInt32(bin))
                    values[bin] = min(values[bin], UInt32(truncatingIfNeeded: hash))
                }
                for bin in reached where !isFilled[Int(bin)] {
                    isFilled[Int(bin)] = true
                    empty -= 1
                }
                reached.removeAll(keepingCapacity: true)
            }
            round += 1
        }
        return values
    }

    /// The first round, which alone sees many shingles.
    /// - Returns: bins that are no longer empty.
    private func fillFirst(
        _ shingles: [UInt64], _ key: UInt64, _ values: inout [UInt32], _ isFilled: inout [Bool]
    ) -> Int {
        for shingle in shingles {
            let hash = Self.mixed(shingle ^ key)
            let bin = bin(hash)
            values[bin] = min(values[bin], UInt32(truncatingIfNeeded: hash))
            isFilled[bin] = true
        }
        return isFilled.count { $0 }
    }

    /// From the high bits, as the value is the low ones.
    private func bin(_ hash: UInt64) -> Int {
        Int(((hash >> 32) * UInt64(parameters.permutations)) >> 32)
    }

    /// The finalizer of MurmurHash3 (Appleby).
    private static func mixed(_ input: UInt64) -> UInt64 {
        var x = input
        x = (x ^ (x >> 33)) &* 0xFF51_AFD7_ED55_8CCD
        x = (x ^ (x >> 33)) &* 0xC4CE_B9FE_1A85_EC53
        return x ^ (x >> 33)
    }
}
