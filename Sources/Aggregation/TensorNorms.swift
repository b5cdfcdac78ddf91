import LanguageModel
import WorkUnits

/// Squared L2 norms of an update's tensors: one number for each tensor of the layout, in double precision.
///
/// A pure function of the update: chunk by chunk, each tensor's part of a chunk summed by itself. Whoever reads an
/// update anyway may keep its norms, and a merge that is given them has one pass less to make.
public struct TensorNorms: Sendable {
    public private(set) var squared: [Double]
    private let layout: ParameterLayout

    /// Of an update for a model of this layout, of which no chunk was read yet.
    public init(in layout: ParameterLayout) {
        self.layout = layout
        squared = [Double](repeating: 0, count: layout.tensors.count)
    }

    /// Takes up a chunk, whose turn it is.
    ///
    /// - Parameters:
    ///   - differences: all that the chunk holds.
    ///   - first: the place of the first in the layout.
    public mutating func add(_ differences: [Float], at first: Int) {
        let segments = TensorSegments(of: first..<first + differences.count, in: layout).segments
        for (segment, part) in zip(segments, Self.squares(of: differences, in: segments)) {
            squared[segment.tensor] += part
        }
    }

    public static func squared(of update: UpdateArchive, in layout: ParameterLayout) throws -> [Double] {
        var norms = TensorNorms(in: layout)
        for chunk in 0..<update.chunkCount {
            norms.add(try update.values(ofChunk: chunk), at: update.range(ofChunk: chunk).lowerBound)
        }
        return norms.squared
    }

    /// The same for many updates by several threads: contributions × tensors.
    static func squared(
        of contributions: [WeightedUpdate], in layout: ParameterLayout, threads: Int
    ) throws -> [[Double]] {
        var squares = contributions.map {
            $0.squaredNorms ?? [Double](repeating: 0, count: layout.tensors.count)
        }
        let unknown = contributions.indices.filter { contributions[$0].squaredNorms == nil }
        guard !unknown.isEmpty else { return squares }
        let chunks = UpdateArchive.ranges(of: layout.count)
        try IndexedWork.run(items: chunks.count, threads: threads) { chunk in
            let segments = TensorSegments(of: chunks[chunk], in: layout).segments
            let parts = try unknown.map {
                self.squares(of: Array(try contributions[$0].values(chunks[chunk])), in: segments)
            }
            return (segments, parts)
        } takeUp: { _, output in
            for (contribution, parts) in zip(unknown, output.1) {
                for (segment, part) in zip(output.0, parts) { squares[contribution][segment.tensor] += part }
            }
        }
        return squares
    }

    private static func squares(of values: [Float], in segments: [TensorSegments.Segment]) -> [Double] {
        values.withUnsafeBufferPointer { values in
            segments.map { segment in
                let part = UnsafeBufferPointer(rebasing: values[segment.range])
                return Summation.dot(part, part)
            }
        }
    }
}
