import Foundation

/// How often values fall between edges.
public struct Histogram: Codable, Hashable, Sendable {
    /// Ascending. Bin i counts values from `edges[i - 1]` up to, without, `edges[i]`; the first and last bins are open.
    public let edges: [Double]
    /// One more than there are edges.
    public private(set) var counts: [Int]

    init(edges: [Double]) {
        self.edges = edges
        counts = Array(repeating: 0, count: edges.count + 1)
    }

    mutating func add(_ value: Double) {
        let bin = edges.firstIndex { value < $0 } ?? edges.count
        counts[bin] += 1
    }

    public var total: Int { counts.reduce(0, +) }

    /// Bytes of documents, each bin twice as wide as the one before: from 16 bytes to 16 MiB.
    static let lengths = Histogram(edges: (4...24).map { pow(2, Double($0)) })
    /// Bytes that a token stands for, on average over a document.
    static let bytesPerToken = Histogram(edges: (4...28).map { Double($0) / 4 })
}
