import LanguageModel
import WorkUnits

/// The inner products of all pairs of updates, clipped: what distances and norms are made of.
struct Gram {
    let count: Int
    /// [count, count], row-major, symmetric.
    private var products: [Double]

    /// One pass over all updates. Sums run over blocks of 4096 parameters in their order, whatever the number of threads.
    init(
        _ contributions: [WeightedUpdate], clip: MedianClip?, layout: ParameterLayout, threads: Int, held: HeldValues
    )
        throws
    {
        count = contributions.count
        let slices = Slices(parameters: layout.count, updates: count).ranges
        let (count, pairs) = (count, Self.pairs(count))
        var products = [Double](repeating: 0, count: count * count)
        try IndexedWork.run(items: slices.count, threads: min(threads, Slices.maximumAtOnce)) { slice in
            var rows = try Rows(
                contributions, range: slices[slice], factors: clip?.factors,
                segments: TensorSegments(of: slices[slice], in: layout).segments, held: held)
            defer { held.add(-rows.values.count) }
            let width = rows.width
            return rows.withValues { values in
                stride(from: 0, to: width, by: Slices.block).map { start in
                    let length = min(Slices.block, width - start)
                    // SAFETY: rows i and j are below count, and start + length is at most their width.
                    return pairs.map { i, j in
                        Summation.dot(
                            UnsafeBufferPointer(start: values + i * width + start, count: length),
                            UnsafeBufferPointer(start: values + j * width + start, count: length))
                    }
                }
            }
        } takeUp: { _, blocks in
            for block in blocks {
                for ((i, j), product) in zip(pairs, block) { products[i * count + j] += product }
            }
        }
        for (i, j) in pairs { products[j * count + i] = products[i * count + j] }
        self.products = products
    }

    subscript(i: Int, j: Int) -> Double { products[i * count + j] }

    /// ‖Δᵢ − Δⱼ‖²
    func squaredDistance(_ i: Int, _ j: Int) -> Double {
        max(0, self[i, i] + self[j, j] - 2 * self[i, j])
    }

    private static func pairs(_ count: Int) -> [(Int, Int)] {
        (0..<count).flatMap { i in (i..<count).map { (i, $0) } }
    }
}
