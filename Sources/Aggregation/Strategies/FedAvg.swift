/// x ← x + ηΔ (McMahan et al., 2017, "Communication-efficient learning of deep networks from decentralized data",
/// algorithm 1; with a server learning rate as in Reddi et al., 2021, algorithm 1).
struct FedAvg: OuterOptimizer {
    let rate: Double

    func advance(_ chunk: inout OuterChunk) {
        chunk.forEach { delta, _, _ in rate * delta }
    }
}
