/// m ← β₁m + (1 − β₁)Δ; v ← v + Δ²; x ← x + ηm / (√v + τ), from m = 0 and v = τ² (Reddi et al., 2021, "Adaptive federated
/// optimization", algorithm 2).
struct FedAdagrad: OuterOptimizer {
    let rate: Double
    let beta1: Double
    /// τ
    let epsilon: Double
    /// Whether there are no moments yet.
    let isFirst: Bool

    func advance(_ chunk: inout OuterChunk) {
        chunk.forEach { delta, first, second in
            if isFirst { second = epsilon * epsilon }
            first = beta1 * first + (1 - beta1) * delta
            second += delta * delta
            return rate * first / (second.squareRoot() + epsilon)
        }
    }
}
