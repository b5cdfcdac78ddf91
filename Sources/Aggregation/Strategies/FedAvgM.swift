/// Heavy ball: b ← μb + Δ; x ← x + ηb (Hsu, Qi and Brown, 2019, "Measuring the effects of non-identical data
/// distribution for federated visual classification", section 4.3).
struct FedAvgM: OuterOptimizer {
    let rate: Double
    let momentum: Double

    func advance(_ chunk: inout OuterChunk) {
        chunk.forEach { delta, buffer, _ in
            buffer = momentum * buffer + delta
            return rate * buffer
        }
    }
}
