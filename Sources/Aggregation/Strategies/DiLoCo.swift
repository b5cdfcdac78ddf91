/// Nesterov's step on the mean of local runs (Douillard et al., 2023, "DiLoCo: distributed low-communication training of language
/// models", algorithm 1), with a momentum that grows with the run: after version v it is
///
///     min(μ, v / (v + c))
///
/// The first step is ηΔ, as the buffer is empty. The first versions agree on their direction, and more momentum than versions
/// behind it overshoots (Sutskever et al., 2013, let it grow alike). For short local runs μ itself is smaller:
/// `Strategy.Kind.usualMomentum(localSteps:)`.
struct DiLoCo: OuterOptimizer {
    private let step: Nesterov

    /// - Parameters:
    ///   - warmup: c; 0 for none.
    ///   - version: v, what is stepped from.
    init(rate: Double, momentum: Double, warmup: Double, version: Int) {
        let bound = version == 0 ? 0 : Double(version) / (Double(version) + warmup)
        step = Nesterov(rate: rate, momentum: min(momentum, bound))
    }

    func advance(_ chunk: inout OuterChunk) { step.advance(&chunk) }
}
