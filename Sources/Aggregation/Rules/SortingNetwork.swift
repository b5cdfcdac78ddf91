/// Batcher's merge exchange for any number of rows (Knuth, The Art of Computer Programming, volume 3, section 5.2.2,
/// algorithm M): which pairs to compare does not depend on the numbers, so that whole rows are compared at a time.
struct SortingNetwork {
    /// Pairs of rows in the order of comparison; after each the first has the lesser value.
    let comparators: [(Int, Int)]

    init(rows: Int) {
        var comparators: [(Int, Int)] = []
        var top = 1
        while top * 2 < rows { top *= 2 }
        var p = rows > 1 ? top : 0
        while p > 0 {
            var (q, r, d) = (top, 0, p)
            while true {
                for i in 0..<max(0, rows - d) where i & p == r { comparators.append((i, i + d)) }
                guard q != p else { break }
                (d, q, r) = (q - p, q / 2, p)
            }
            p /= 2
        }
        self.comparators = comparators
    }

    /// Sorts each column ascending.
    ///
    /// - Parameters:
    ///   - rows: the first row's first value; the next row begins `stride` values later.
    ///   - columns: how many of each row.
    func sort(_ rows: UnsafeMutablePointer<Float>, stride: Int, columns: Int) {
        for (low, high) in comparators {
            // SAFETY: the caller vouches that every row has `columns` values; rows do not overlap as columns ≤ stride.
            let (a, b) = (rows + low * stride, rows + high * stride)
            for column in 0..<columns {
                let (x, y) = (a[column], b[column])
                a[column] = y < x ? y : x
                b[column] = y < x ? x : y
            }
        }
    }
}
