import Foundation

/// How near-duplicates are found: MinHash signatures (Broder 1997) and locality-sensitive hashing by bands.
///
/// The similarity s of two documents is the Jaccard index of their sets of shingles. Each value of their signatures is
/// equal with probability s; a band of `rows` values with s^rows; and at least one of `bands` bands, which makes the pair
/// a candidate, with 1 − (1 − s^rows)^bands. A candidate counts if at least `threshold` of all values are equal.
///
/// | s | 0.5 | 0.6 | 0.7 | 0.8 | 0.9 |
/// |---|---|---|---|---|---|
/// | candidate, 21 bands of 6 rows | 0.28 | 0.63 | 0.93 | 0.998 | 1.000 |
public struct MinHashParameters: Hashable, Sendable, Codable {
    /// Words in a shingle.
    public var shingleLength = 5
    /// Values in a signature: the estimate's standard deviation is √(s(1 − s) / permutations).
    public var permutations = 128
    public var bands = 21
    public var rows = 6
    /// The share of equal values from which two documents are near-duplicates.
    public var threshold = 0.8
    public var seed: UInt64 = 0

    public init() {}

    /// The probability that two documents of this similarity share a band.
    public func candidateProbability(similarity: Double) -> Double {
        1 - pow(1 - pow(similarity, Double(rows)), Double(bands))
    }

    /// Values that must be equal.
    var requiredAgreements: Int { Int((threshold * Double(permutations)).rounded(.up)) }

    /// - Throws: `DeduplicationFailure.parameters` for values that no signature can have.
    public func validate() throws(DeduplicationFailure) {
        func require(_ condition: Bool, _ reason: String) throws(DeduplicationFailure) {
            if !condition { throw .parameters(reason) }
        }
        try require(
            (1...64).contains(shingleLength), "shingleLength \(shingleLength) is not between 1 and 64")
        try require(
            (1...1024).contains(permutations), "permutations \(permutations) is not between 1 and 1024")
        try require((1...256).contains(bands), "bands \(bands) is not between 1 and 256")
        try require((1...1024).contains(rows), "rows \(rows) is not between 1 and 1024")
        try require(
            bands * rows <= permutations,
            "\(bands) bands of \(rows) rows are more than \(permutations) permutations")
        try require(
            threshold > 0 && threshold <= 1, "threshold \(threshold) is not above 0 and at most 1")
    }
}
