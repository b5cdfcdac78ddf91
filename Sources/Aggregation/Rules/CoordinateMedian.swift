/// By parameter the middle value, or the mean of the two in the middle (Yin et al., 2018, "Byzantine-robust distributed
/// learning: towards optimal statistical rates", definition 1). Holds while fewer than half of the updates are hostile.
struct CoordinateMedian: Ranking {
    func combine(_ sorted: UnsafePointer<Float>, stride: Int, count: Int) -> Double {
        let (low, high) = ((count - 1) / 2 * stride, count / 2 * stride)
        return (Double(sorted[low]) + Double(sorted[high])) / 2
    }
}
