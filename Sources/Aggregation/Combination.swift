import LanguageModel
import WorkUnits

/// How a merge's updates become one pseudo-gradient: decided once from what concerns whole updates, then applied slice by
/// slice.
enum Combination {
    /// Σ wᵢsᵢΔᵢ / Σ wᵢ with the clip's s; an update of weight 0 is not read.
    case weighted([Double])
    /// By rank, among the contributions at these places.
    case ranked(any Ranking, among: [Int])

    /// - Parameter contributions: as many as the rule asks for, by unit index.
    init(
        _ robustness: Robustness, _ contributions: [WeightedUpdate], clip: MedianClip?, layout: ParameterLayout,
        threads: Int, held: HeldValues
    ) throws {
        let weights = contributions.map(\.weight)
        let hostile = robustness.hostile(among: contributions.count)
        func gram() throws -> Gram {
            try Gram(contributions, clip: clip, layout: layout, threads: threads, held: held)
        }
        func alone(_ chosen: [Int]) -> [Double] {
            var kept = [Double](repeating: 0, count: weights.count)
            for place in chosen { kept[place] = weights[place] }
            return kept
        }
        switch robustness.rule {
        case .mean: self = .weighted(weights)
        case .geometricMedian: self = .weighted(GeometricMedian.shares(weights, gram: try gram()))
        case .krum: self = .weighted(alone([Krum.winner(gram: try gram(), hostile: hostile)]))
        case .multiKrum: self = .weighted(alone(Krum.winners(gram: try gram(), hostile: hostile)))
        case .median: self = .ranked(CoordinateMedian(), among: Array(weights.indices))
        case .trimmedMean: self = .ranked(TrimmedMean(hostile: hostile), among: Array(weights.indices))
        case .bulyan:
            let chosen = Krum.repeated(weights.count - 2 * hostile, gram: try gram(), hostile: hostile)
            self = .ranked(Bulyan(hostile: hostile), among: chosen)
        }
    }

    /// The parameters that are combined at a time: a chunk, a slice of inflated updates, or less where all updates are held
    /// side by side.
    func slices(of contributions: [WeightedUpdate], parameters: Int) -> [Range<Int>] {
        switch self {
        case .weighted:
            let width = Self.width(contributions)
            return stride(from: 0, to: parameters, by: width).map { $0..<min($0 + width, parameters) }
        case .ranked(_, let places): return Slices(parameters: parameters, updates: places.count).ranges
        }
    }

    /// What is not inflated yet is inflated once for each slice of its chunk, so most must be.
    private static func width(_ contributions: [WeightedUpdate]) -> Int {
        let inflated = contributions.count { $0.inflated != nil }
        return 4 * inflated >= 3 * contributions.count ? InflatedUpdate.sliceValues : UpdateArchive.chunkValues
    }

    /// Slices that may be worked on at a time by so many threads.
    func threads(_ threads: Int) -> Int {
        switch self {
        case .weighted: threads
        case .ranked: min(threads, Slices.maximumAtOnce)
        }
    }

    /// How much each contribution has in the whole; nil where that differs from parameter to parameter.
    var shares: [Double]? {
        guard case .weighted(let weights) = self else { return nil }
        return weights.normalized
    }
}

extension Combination {
    /// The pseudo-gradient of one of `slices`.
    func pseudoGradient(
        of contributions: [WeightedUpdate], in range: Range<Int>, clip: MedianClip?, layout: ParameterLayout,
        held: HeldValues
    ) throws -> [Double] {
        let segments = TensorSegments(of: range, in: layout).segments
        switch self {
        case .ranked(let rule, let places):
            var rows = try Rows(
                places.map { contributions[$0] }, range: range,
                factors: clip.map { clip in places.map { clip.factors[$0] } }, segments: segments, held: held)
            defer { held.add(-rows.values.count) }
            return rule.combine(&rows)
        case .weighted(let weights):
            return try mean(
                contributions, weights, in: range, clip: clip.map { ($0.factors, segments) }, held: held)
        }
    }

    private func mean(
        _ contributions: [WeightedUpdate], _ weights: [Double], in range: Range<Int>,
        clip: (factors: [[Double]], segments: [TensorSegments.Segment])?, held: HeldValues
    ) throws -> [Double] {
        let whole = [TensorSegments.Segment(tensor: 0, range: 0..<range.count)]
        let places = weights.indices.filter { weights[$0] != 0 }
        var sums = [Double](repeating: 0, count: range.count)
        for start in stride(from: 0, to: places.count, by: UpdatePayload.atOnce) {
            let group = places[start..<min(start + UpdatePayload.atOnce, places.count)]
            let payloads = try group.map { try contributions[$0].payload(range) }
            held.add(payloads.count * range.count)
            defer { held.add(-payloads.count * range.count) }
            for segment in clip?.segments ?? whole {
                let factors = group.map { weights[$0] * (clip?.factors[$0][segment.tensor] ?? 1) }
                UpdatePayload.add(payloads, times: factors, to: &sums, in: segment.range)
            }
        }
        let scale = 1 / weights.reduce(0, +)
        for index in sums.indices { sums[index] *= scale }
        return sums
    }
}
