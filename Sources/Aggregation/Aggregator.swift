import Checkpoints
import LanguageModel
import WorkUnits

/// Turns contributions into the next version: its weights, and what its outer optimizer carries on.
///
/// A merge goes through the parameters chunk by chunk, several chunks at once. First, where the strategy asks for it, the
/// norms of all updates, then the inner products of all pairs; then the updates are combined into a pseudo-gradient Δ
/// and the outer optimizer makes its step. Memory depends neither on the number of updates nor on the model's size: an
/// update needs its manifest and its chunk table, 24 bytes for every 2^18 parameters.
///
/// Sums are in double precision and in the order of unit index and of parameters, and are rounded once to float32. So the
/// same contributions give the same bits everywhere, in whatever order they came and whatever the number of threads.
public struct Aggregator: Sendable {
    public var strategy: Strategy
    /// Chunks to work on at a time.
    public var threads: Int

    public init(strategy: Strategy, threads: Int = 1) {
        precondition(threads >= 1, "\(threads) threads")
        self.strategy = strategy
        self.threads = threads
    }

    /// - Parameter next: filled, not finished.
    /// - Returns: what was done, and the norms to carry on where the strategy clips.
    /// - Throws: `AggregationFailure`, and what reading and writing throw.
    public func merge(
        previous: PreviousVersion, contributions: [WeightedUpdate], into next: NextVersion
    ) throws -> (report: MergeReport, norms: NormHistory?) {
        let layout = previous.weights.layout
        try checkStrategy(contributions: contributions.count)
        try previous.check(strategy)
        try next.check(strategy, model: previous.weights.model)
        let contributions = try ordered(contributions, layout: layout)

        let held = HeldValues()
        let clip = try medianClip(contributions, history: previous.norms ?? NormHistory(), layout: layout)
        let combination = try Combination(
            strategy.robustness, contributions, clip: clip, layout: layout, threads: threads, held: held)
        let slices = combination.slices(of: contributions, parameters: layout.count)
        let optimizer = strategy.outerOptimizer(after: previous.version)
        var statistics = StepStatistics()
        try IndexedWork.run(items: slices.count, threads: combination.threads(threads)) { slice in
            let range = slices[slice]
            return try step(
                optimizer, from: previous,
                along: combination.pseudoGradient(of: contributions, in: range, clip: clip, layout: layout, held: held),
                in: range)
        } takeUp: { _, output in
            try next.weights.append(output.chunk.weights)
            try next.state[.momentum]?.append(output.chunk.momentum)
            try next.state[.secondMoment]?.append(output.chunk.secondMoment)
            try next.state[.average]?.append(output.average)
            statistics += output.chunk.statistics
        }
        return (report(statistics, contributions, combination, clip, held), clip?.history)
    }

    /// One slice of the next version.
    private func step(
        _ optimizer: any OuterOptimizer, from previous: PreviousVersion, along pseudoGradient: [Double],
        in range: Range<Int>
    ) throws -> (chunk: OuterChunk, average: [Float]) {
        func zeros() -> [Float] { [Float](repeating: 0, count: range.count) }
        let weights = try previous.weights.values(range)
        let average = try previous.values(.average, of: strategy, in: range, start: weights)
        var chunk = OuterChunk(
            start: range.lowerBound, pseudoGradient: pseudoGradient, weights: weights,
            momentum: try previous.values(.momentum, of: strategy, in: range, start: zeros()),
            secondMoment: try previous.values(.secondMoment, of: strategy, in: range, start: zeros()))
        optimizer.advance(&chunk)
        if let parameter = chunk.notFinite { throw AggregationFailure.notFinite(parameter: parameter) }
        let averaging = VersionAverage(decay: strategy.averaging, version: previous.version + 1)
        return (chunk, zip(average, chunk.weights).map { averaging.next($0, $1) })
    }

    private func medianClip(
        _ contributions: [WeightedUpdate], history: NormHistory, layout: ParameterLayout
    ) throws -> MedianClip? {
        guard strategy.robustness.clip == .medianNorm else { return nil }
        let squares = try TensorNorms.squared(of: contributions, in: layout, threads: threads)
        for (contribution, norms) in zip(contributions, squares) where !norms.allSatisfy(\.isFinite) {
            throw AggregationFailure.updateNotFinite(index: contribution.index)
        }
        return MedianClip(squaredNorms: squares, tokens: contributions.map(\.tokens), history: history)
    }

    private func report(
        _ statistics: StepStatistics, _ contributions: [WeightedUpdate], _ combination: Combination,
        _ clip: MedianClip?, _ held: HeldValues
    ) -> MergeReport {
        MergeReport(
            pseudoGradientNorm: statistics.delta.squareRoot(), stepNorm: statistics.change.squareRoot(),
            realizedGain: statistics.realizedGain, momentumCosine: statistics.momentumCosine,
            shares: combination.shares.map { shares in
                zip(contributions, shares).map { MergeReport.Share(index: $0.index, share: $1) }
            },
            clippedTensors: clip?.clipped ?? 0, mostValuesHeld: held.most)
    }
}

// MARK: What is refused

extension Aggregator {
    private func checkStrategy(contributions: Int) throws(AggregationFailure) {
        guard contributions > 0 else { throw .noContributions }
        do {
            try strategy.validate()
            try strategy.robustness.validate(contributions: contributions)
        } catch {
            throw .strategy(error)
        }
    }

    /// The contributions by unit index, if they can be combined.
    private func ordered(
        _ contributions: [WeightedUpdate], layout: ParameterLayout
    ) throws(AggregationFailure) -> [WeightedUpdate] {
        let sorted = contributions.sorted { $0.index < $1.index }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left.index == right.index {
            throw .doubledUnit(index: left.index)
        }
        let zeros = [Double](repeating: 0, count: layout.tensors.count)
        for contribution in sorted {
            let count = contribution.parameterCount
            guard count == layout.count else {
                throw .parameterCount(index: contribution.index, found: count, expected: layout.count)
            }
            guard contribution.weight > 0, contribution.weight.isFinite else {
                throw .weight(index: contribution.index, contribution.weight)
            }
            let norms = contribution.squaredNorms ?? zeros
            guard norms.count == layout.tensors.count, norms.allSatisfy({ $0 >= 0 })
            else { throw .norms(index: contribution.index) }
        }
        return sorted
    }
}
