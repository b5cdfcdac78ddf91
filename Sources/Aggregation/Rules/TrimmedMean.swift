/// By parameter the mean without the f largest and the f smallest values (Yin et al., 2018, "Byzantine-robust distributed
/// learning: towards optimal statistical rates", definition 2). Needs more than 2f updates.
struct TrimmedMean: Ranking {
    /// f
    let hostile: Int

    func combine(_ sorted: UnsafePointer<Float>, stride: Int, count: Int) -> Double {
        var sum = 0.0
        for rank in hostile..<count - hostile { sum += Double(sorted[rank * stride]) }
        return sum / Double(count - 2 * hostile)
    }
}
