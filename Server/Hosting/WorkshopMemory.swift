import Checkpoints
import Datasets
import Synchronization
import WorkUnits

/// What is needed again and again, kept while there is room: units that were issued, the weights they begin from, and the
/// order of the shards that they are cut from.
final class WorkshopMemory: Sendable {
    private struct State {
        var units: [Digest: WorkUnit] = [:]
        var weights: [Digest: WeightsFile] = [:]
        var shards: [Digest: [UInt8]] = [:]
        var order: (epoch: Int, shards: [Int]) = (-1, [])
    }

    private let state = Mutex(State())

    private static let mostUnits = 8192
    private static let mostShards = 1024
    private static let largestShard = 16 << 10
    /// Open files.
    private static let mostWeights = 8

    /// A shard's archive; small ones are kept.
    func shard(_ digest: Digest, read: () throws -> [UInt8]) rethrows -> [UInt8] {
        if let known = state.withLock({ $0.shards[digest] }) { return known }
        let shard = try read()
        guard shard.count <= Self.largestShard else { return shard }
        state.withLock { state in
            if state.shards.count >= Self.mostShards { state.shards.removeAll() }
            state.shards[digest] = shard
        }
        return shard
    }

    func remember(_ unit: WorkUnit, as digest: Digest) {
        state.withLock { state in
            if state.units.count >= Self.mostUnits { state.units.removeAll() }
            state.units[digest] = unit
        }
    }

    func shard(at index: Int, in dataset: DatasetManifest) -> DatasetManifest.Shard {
        let (epoch, place) = index.quotientAndRemainder(dividingBy: dataset.shards.count)
        return state.withLock { state in
            if state.order.epoch != epoch { state.order = (epoch, dataset.order(ofEpoch: epoch)) }
            return dataset.shards[state.order.shards[place]]
        }
    }

    func unit(_ digest: Digest, read: () throws -> WorkUnit) rethrows -> WorkUnit {
        if let known = state.withLock({ $0.units[digest] }) { return known }
        let unit = try read()
        remember(unit, as: digest)
        return unit
    }

    /// Lets go of files that may have been removed.
    func closeWeights() { state.withLock { $0.weights = [:] } }

    func weights(_ digest: Digest, read: () throws -> WeightsFile) rethrows -> WeightsFile {
        if let known = state.withLock({ $0.weights[digest] }) { return known }
        let weights = try read()
        state.withLock { state in
            if state.weights.count >= Self.mostWeights { state.weights.removeAll() }
            state.weights[digest] = weights
        }
        return weights
    }
}
