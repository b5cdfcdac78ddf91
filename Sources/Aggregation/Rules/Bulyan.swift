/// Of θ = n − 2f updates that Krum chose one after the other, by parameter the mean of the β = θ − 2f values closest to the
/// median (El Mhamdi, Guerraoui and Rouault, 2018, "The hidden vulnerability of distributed learning in Byzantium",
/// algorithm 1). Needs n ≥ 4f + 3.
///
/// Sorted, the closest values stand next to each other: of the 2f + 1 places where they may begin, the one whose furthest end
/// is nearest to the median, and of equals the lowest.
struct Bulyan: Ranking {
    /// f
    let hostile: Int

    func combine(_ sorted: UnsafePointer<Float>, stride: Int, count: Int) -> Double {
        let median = CoordinateMedian().combine(sorted, stride: stride, count: count)
        let kept = count - 2 * hostile
        var (best, begin) = (Double.infinity, 0)
        for start in 0...2 * hostile {
            let reach = max(
                median - Double(sorted[start * stride]), Double(sorted[(start + kept - 1) * stride]) - median)
            if reach < best { (best, begin) = (reach, start) }
        }
        var sum = 0.0
        for rank in begin..<begin + kept { sum += Double(sorted[rank * stride]) }
        return sum / Double(kept)
    }
}
