import WorkUnits

/// Division of the parameters into slices that are looked at with all updates side by side.
///
/// A slice lies inside one chunk and is so narrow that one value for each update and parameter stays within a bound,
/// however many updates there are. Narrow slices of many updates inflate a chunk more than once: time is paid for memory.
struct Slices {
    /// Values of all updates in one slice: 64 MiB.
    static let maximumValues = 1 << 24
    /// Slices that exist at a time, whatever the number of threads.
    static let maximumAtOnce = 4
    /// Widths are multiples of this, so that sums by blocks are the same for any width.
    static let block = 4096

    let ranges: [Range<Int>]

    /// - Parameter updates: how many, at most `maximumValues / block`.
    init(parameters: Int, updates: Int) {
        let width = min(UpdateArchive.chunkValues, Self.maximumValues / updates / Self.block * Self.block)
        precondition(width > 0, "\(updates) updates are too many to look at side by side")
        ranges = stride(from: 0, to: parameters, by: UpdateArchive.chunkValues).flatMap { chunk in
            let end = min(chunk + UpdateArchive.chunkValues, parameters)
            return stride(from: chunk, to: end, by: width).map { $0..<min($0 + width, end) }
        }
    }
}

/// The values of some updates in one slice, row-major: [updates, width].
struct Rows {
    let count: Int
    let width: Int
    private(set) var values: [Float]

    /// Reads and clips. Counts what it holds; whoever lets it go counts that.
    ///
    /// - Parameter factors: by tensor of the layout, for each update; nil where nothing is clipped.
    /// - Throws: `AggregationFailure.updateNotFinite`: ranks and distances of such numbers mean nothing.
    init(
        _ contributions: [WeightedUpdate], range: Range<Int>, factors: [[Double]]?,
        segments: [TensorSegments.Segment], held: HeldValues
    ) throws {
        count = contributions.count
        width = range.count
        values = []
        values.reserveCapacity(count * width)
        held.add(count * width)
        for (row, contribution) in contributions.enumerated() {
            held.add(UpdateArchive.chunkValues)
            defer { held.add(-UpdateArchive.chunkValues) }
            let decoded = try contribution.values(range)
            guard decoded.allSatisfy(\.isFinite) else {
                throw AggregationFailure.updateNotFinite(index: contribution.index)
            }
            values += decoded
            guard let factors else { continue }
            for segment in segments where factors[row][segment.tensor] < 1 {
                let factor = factors[row][segment.tensor]
                for column in segment.range {
                    values[row * width + column] = Float(factor * Double(values[row * width + column]))
                }
            }
        }
    }

    /// Calls `body` with the rows' first value; row i begins at i · `width`.
    mutating func withValues<Output>(_ body: (UnsafeMutablePointer<Float>) throws -> Output) rethrows -> Output {
        try values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { preconditionFailure("rows are not empty") }
            return try body(base)
        }
    }
}
