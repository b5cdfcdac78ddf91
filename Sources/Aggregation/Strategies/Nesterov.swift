/// b ← μb + Δ; x ← x + η(Δ + μb): Nesterov's accelerated gradient in the form of Sutskever et al., 2013, "On the
/// importance of initialization and momentum in deep learning", rewritten for the look-ahead point as frameworks do.
struct Nesterov: OuterOptimizer {
    let rate: Double
    let momentum: Double

    func advance(_ chunk: inout OuterChunk) {
        chunk.forEach { delta, buffer, _ in
            buffer = momentum * buffer + delta
            return rate * (delta + momentum * buffer)
        }
    }
}
