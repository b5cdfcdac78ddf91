import LanguageModel

/// Clipping to the running median norm, tensor by tensor.
///
/// An update of many steps is longer than one of few: like a random walk, about as the root of its tokens tᵢ. So lengths are
/// compared per root of tokens, aᵢ = ‖Δᵢ[tensor]‖₂ / √tᵢ. With those of the n contributions and the medians m₁ … m_K of the
/// last K ≤ 4 merges, the bound is
///
///     c = median { a₁ … aₙ, m₁ … m_K }        the lower one of two
///
/// and update i counts with min(1, c / aᵢ) in this tensor. So one update ×1000 counts like a usual one, and while fewer
/// than half of the n + K numbers are hostile, c lies between two honest ones. The rule is that of Templar (2025), with the
/// memory added for merges of few contributions and the root for units of different length.
struct MedianClip {
    /// Contributions × tensors, each from 0 to 1.
    let factors: [[Double]]
    /// With this merge.
    let history: NormHistory
    /// Pairs of update and tensor whose factor is below 1.
    let clipped: Int

    /// - Parameters:
    ///   - squaredNorms: contributions × tensors, finite.
    ///   - tokens: of each contribution's unit, positive.
    init(squaredNorms: [[Double]], tokens: [Int], history: NormHistory) {
        let roots = tokens.map { Double($0).squareRoot() }
        var factors = squaredNorms.map { [Double](repeating: 1, count: $0.count) }
        var medians: [Double] = []
        var clipped = 0
        for tensor in squaredNorms[0].indices {
            let norms = zip(squaredNorms, roots).map { $0[tensor].squareRoot() / $1 }
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
