/// A rule that looks at one parameter at a time, at the values that the updates have for it in ascending order.
///
/// Each update counts once: a value's rank has no weight.
protocol Ranking: Sendable {
    /// - Parameter sorted: the value of rank i at i · `stride`.
    /// - Parameter count: how many.
    func combine(_ sorted: UnsafePointer<Float>, stride: Int, count: Int) -> Double
}

extension Ranking {
    /// The combined value of every column of a slice.
    func combine(_ rows: inout Rows) -> [Double] {
        let (count, width) = (rows.count, rows.width)
        let network = SortingNetwork(rows: count)
        return rows.withValues { values in
            var combined: [Double] = []
            combined.reserveCapacity(width)
            // Few columns at a time, so that all rows of them stay in the cache.
            for start in Swift.stride(from: 0, to: width, by: 512) {
                let columns = min(512, width - start)
                // SAFETY: start + columns ≤ width, the length of each of the `count` rows.
                network.sort(values + start, stride: width, columns: columns)
                for column in start..<start + columns {
                    combined.append(combine(values + column, stride: width, count: count))
                }
            }
            return combined
        }
    }
}
