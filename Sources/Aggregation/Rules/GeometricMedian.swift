/// RFA: the point with the least sum of weighted distances to all updates, argmin Σ αᵢ‖z − Δᵢ‖ (Pillutla, Kakade and
/// Harchaoui, 2022, "Robust aggregation for federated learning", algorithm 2: smoothed Weiszfeld).
///
/// From the weighted mean on, z = Σ βᵢΔᵢ / Σ βᵢ with βᵢ = αᵢ / max(ν, ‖z − Δᵢ‖). z is always a combination of the updates, so
/// that the inner products are all that the iteration needs, and it costs n² whatever the size of the model. Half of the
/// weight has to be hostile before z can be led anywhere.
enum GeometricMedian {
    /// Steps at most: each one multiplies the distance to the solution by a factor, small ones need no more than ten.
    static let maximumSteps = 100
    /// ν, as a share of the median norm: an update that z falls upon gets a finite weight.
    static let smoothing = 1e-6

    /// - Parameter weights: α, positive.
    /// - Returns: β, whose sum is 1.
    static func shares(_ weights: [Double], gram: Gram) -> [Double] {
        let floor = smoothing * weights.indices.map { gram[$0, $0].squareRoot() }.lowerMedian
        var shares = weights.normalized
        guard floor > 0 else { return shares }
        for _ in 0..<maximumSteps {
            let next = zip(weights, distances(to: shares, gram)).map { $0 / max(floor, $1) }.normalized
            let change = zip(shares, next).map { abs($0 - $1) }.max() ?? 0
            shares = next
            if change < 1e-12 { break }
        }
        return shares
    }

    /// ‖z − Δᵢ‖ for z = Σ cⱼΔⱼ: the root of cᵀGc − 2(Gc)ᵢ + Gᵢᵢ.
    private static func distances(to shares: [Double], _ gram: Gram) -> [Double] {
        let products = shares.indices.map { i in
            shares.indices.reduce(0.0) { $0 + shares[$1] * gram[i, $1] }
        }
        let square = zip(shares, products).reduce(0.0) { $0 + $1.0 * $1.1 }
        return shares.indices.map { max(0, square - 2 * products[$0] + gram[$0, $0]).squareRoot() }
    }
}

extension [Double] {
    /// Divided by their sum, which is positive.
    var normalized: [Double] {
        let sum = reduce(0, +)
        return map { $0 / sum }
    }
}
