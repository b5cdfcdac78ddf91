/// m ← β₁m + (1 − β₁)Δ; v ← v − (1 − β₂)Δ² sign(v − Δ²); x ← x + ηm / (√v + τ), from m = 0 and v = τ² (Reddi et al., 2021,
/// "Adaptive federated optimization", algorithm 2; the second moment is that of Zaheer et al., 2018).
struct FedYogi: OuterOptimizer {
    let rate: Double
    let beta1: Double
    let beta2: Double
    /// τ
    let epsilon: Double
    /// Whether there are no moments yet.
    let isFirst: Bool

    func advance(_ chunk: inout OuterChunk) {
        chunk.forEach { delta, first, second in
            if isFirst { second = epsilon * epsilon }
            first = beta1 * first + (1 - beta1) * delta
            let square = delta * delta
            let sign: Double = second > square ? 1 : second < square ? -1 : 0
            second -= (1 - beta2) * square * sign
            return rate * first / (second.squareRoot() + epsilon)
        }
    }
}
