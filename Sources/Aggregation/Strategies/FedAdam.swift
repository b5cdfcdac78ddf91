/// m ← β₁m + (1 − β₁)Δ; v ← β₂v + (1 − β₂)Δ²; x ← x + ηm / (√v + τ), from m = 0 and v = τ², without bias correction (Reddi
/// et al., 2021, "Adaptive federated optimization", algorithm 2).
struct FedAdam: OuterOptimizer {
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
            second = beta2 * second + (1 - beta2) * (delta * delta)
            return rate * first / (second.squareRoot() + epsilon)
        }
    }
}
