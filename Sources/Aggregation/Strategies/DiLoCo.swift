/// Nesterov's step on the mean of long local runs (Douillard et al., 2023, "DiLoCo: distributed low-communication
/// training of language models", algorithm 1, with η = 0.7 and μ = 0.9).
///
/// The first step is ηΔ: with an empty buffer Nesterov would make it 1 + μ times as long, before there is any direction
/// that updates agree on. For short local runs μ itself is smaller: `Strategy.Kind.usualMomentum(localSteps:)`.
struct DiLoCo: OuterOptimizer {
    let rate: Double
    let momentum: Double
    /// Whether there is no buffer yet.
    let isFirst: Bool

    func advance(_ chunk: inout OuterChunk) {
        guard isFirst else { return Nesterov(rate: rate, momentum: momentum).advance(&chunk) }
        chunk.forEach { delta, buffer, _ in
            buffer = delta
            return rate * delta
        }
    }
}
