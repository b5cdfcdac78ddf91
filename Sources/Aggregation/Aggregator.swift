import Checkpoints
import LanguageModel
import WorkUnits

/// Turns contributions into the next version's weights.
///
/// Goes through the parameters once, one chunk of all contributions at a time, so that memory depends neither on their
/// number nor on the model's size: an update needs its manifest and its chunk table, 24 bytes for every 2^18 parameters.
public enum Aggregator {
    /// FedAvg with a server learning rate η (McMahan et al., 2017, algorithm 1; Reddi et al., 2021, algorithm 1):
    ///
    ///     new = previous + η · Σ wᵢΔᵢ / Σ wᵢ
    ///
    /// The sum is in double precision and in ascending order of unit index, whatever the order of `contributions`; the
    /// result is rounded once to float32. So the same contributions give the same bits everywhere.
    ///
    /// - Parameters:
    ///   - previous: the weights that the differences are added to.
    ///   - writer: new and for the same model; it is not finished here.
    /// - Throws: `AggregationFailure`, and what reading and writing throw.
    public static func merge(
        previous: WeightsFile, contributions: [WeightedUpdate], strategy: Strategy, into writer: WeightsWriter
    ) throws {
        guard writer.model == previous.model, writer.count == 0 else { throw AggregationFailure.wrongWriter }
        let contributions = try ordered(contributions, parameters: previous.layout.count)
        let scale = try strategy.checkedLearningRate / contributions.reduce(0) { $0 + $1.weight }
        for chunk in 0..<contributions[0].update.chunkCount {
            let range = contributions[0].update.range(ofChunk: chunk)
            let sum = try weightedSum(of: contributions, chunk: chunk, count: range.count)
            let merged = zip(try previous.values(range), sum).map { Float(Double($0) + scale * $1) }
            if let position = merged.firstIndex(where: { !$0.isFinite }) {
                throw AggregationFailure.notFinite(parameter: range.lowerBound + position)
            }
            try writer.append(merged)
        }
    }

    /// Σ wᵢΔᵢ over one chunk, in the order given.
    private static func weightedSum(
        of contributions: [WeightedUpdate], chunk: Int, count: Int
    ) throws -> [Double] {
        var sum = [Double](repeating: 0, count: count)
        for contribution in contributions {
            let difference = try contribution.update.values(ofChunk: chunk)
            for index in sum.indices { sum[index] += contribution.weight * Double(difference[index]) }
        }
        return sum
    }

    /// The contributions by unit index, if they can be averaged.
    private static func ordered(
        _ contributions: [WeightedUpdate], parameters: Int
    ) throws(AggregationFailure) -> [WeightedUpdate] {
        guard !contributions.isEmpty else { throw .noContributions }
        let sorted = contributions.sorted { $0.index < $1.index }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left.index == right.index {
            throw .doubledUnit(index: left.index)
        }
        for contribution in sorted {
            let count = contribution.update.manifest.parameterCount
            guard count == parameters else {
                throw .parameterCount(index: contribution.index, found: count, expected: parameters)
            }
            guard contribution.weight > 0, contribution.weight.isFinite else {
                throw .weight(index: contribution.index, contribution.weight)
            }
        }
        return sorted
    }
}

/// An update and how much it counts.
public struct WeightedUpdate: Sendable {
    /// The unit's index in the run: decides the order of averaging.
    public var index: Int
    public var update: UpdateArchive
    /// Positive; see `contributionWeight(tokens:staleness:)`.
    public var weight: Double

    public init(index: Int, update: UpdateArchive, weight: Double) {
        self.index = index
        self.update = update
        self.weight = weight
    }
}

/// tokens / √(1 + staleness): the later, the less it counts (Xie et al., 2019, polynomial staleness with a = ½).
///
/// - Parameters:
///   - tokens: what the coordinator issued, not what a host reports.
///   - staleness: the version it is merged into, less one, minus its base version; 0 when it was trained from the
///     previous version.
public func contributionWeight(tokens: Int, staleness: Int) -> Double {
    precondition(tokens > 0 && staleness >= 0, "a contribution has tokens and a base that is not in the future")
    return Double(tokens) / Double(1 + staleness).squareRoot()
}

extension Strategy {
    fileprivate var checkedLearningRate: Double {
        get throws(AggregationFailure) {
            switch kind {
            case .fedAvg:
                guard serverLearningRate.isFinite, serverLearningRate > 0 else {
                    throw .serverLearningRate(serverLearningRate)
                }
                return serverLearningRate
            }
        }
    }
}
