import LanguageModel

/// Clipping to the running median norm, tensor by tensor.
///
/// With aᵢ = ‖Δᵢ[tensor]‖₂ of the n contributions and m₁ … m_K the medians of the last K ≤ 4 merges, the bound is
///
///     c = median { a₁ … aₙ, m₁ … m_K }        the lower one of two
///
/// and update i counts with min(1, c / aᵢ) in this tensor. So one update ×1000 counts like a usual one, and while fewer
/// than half of the n + K numbers are hostile, c lies between two honest ones. The rule is that of Templar (2025), with the
/// memory added for merges of few contributions.
struct MedianClip {
    /// Contributions × tensors, each from 0 to 1.
    let factors: [[Double]]
    /// With this merge.
    let history: NormHistory
    /// Pairs of update and tensor whose factor is below 1.
    let clipped: Int

    /// - Parameter squaredNorms: contributions × tensors, finite.
    init(squaredNorms: [[Double]], history: NormHistory) {
        var factors = squaredNorms.map { [Double](repeating: 1, count: $0.count) }
        var medians: [Double] = []
        var clipped = 0
        for tensor in squaredNorms[0].indices {
            let norms = squaredNorms.map { $0[tensor].squareRoot() }
            medians.append(norms.lowerMedian)
            let bound = (norms + history.medians.map { $0[tensor] }).lowerMedian
            for (index, norm) in norms.enumerated() where norm > bound {
                factors[index][tensor] = bound / norm
                clipped += 1
            }
        }
        self.factors = factors
        self.history = history.adding(medians)
        self.clipped = clipped
    }
}

extension [Double] {
    /// The element in the middle of the ascending order, the lower one of two. Not empty.
    var lowerMedian: Double { sorted()[(count - 1) / 2] }
}
