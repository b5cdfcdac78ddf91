import Federation
import Recipes
import Training
import WorkUnits

/// What cheats really send: as much like an answer as whoever sends it can make it.
extension TrainedWork {
    func cheated(_ cheat: Cheat, _ held: HeldUnit, lease: Lease, host: Int) throws -> UnitTraining.Result {
        if let training = held.training { return try pool.result(of: training) }
        var result = UnitTraining.Result(difference: try madeUp(cheat, lease: lease, host: host))
        result.pretend(held.unit.training.steps, as: "\(cheat) of assignment \(lease.assignment)")
        return result
    }

    private func madeUp(_ cheat: Cheat, lease: Lease, host: Int) throws -> [Float] {
        var random = RandomStream(seed: recipe.seed, stream: UInt64(lease.assignment) << 8 | 7)
        let other = try sent.last { $0.host != host }.map { try difference($0.archive) }
        switch cheat {
        case .lazyAuditor:
            if let audited = sent.last(where: { $0.issue == lease.unit }) { return try difference(audited.archive) }
        case .old:
            if let own = sent.last(where: { $0.host == host }) { return try difference(own.archive) }
        case .copied:
            if let other { return other }
        default: break
        }
        let likeness = other ?? (0..<parameterCount).map { _ in Float(1e-4 * random.normal()) }
        return Attack.noise.apply(to: likeness, random: &random)
    }

    private func difference(_ archive: [UInt8]) throws -> [Float] {
        let update = try UpdateArchive(archive, maximumParameters: parameterCount)
        return try (0..<update.chunkCount).flatMap { try update.values(ofChunk: $0) }
    }
}

extension UnitTraining.Result {
    /// Claims all steps: of those that were not taken, the last loss again, and digests of nothing.
    ///
    /// - Parameter name: two that make up digests under different names come to different ones.
    mutating func pretend(_ steps: Int, as name: String) {
        let loss = losses.last ?? 3
        losses += Array(repeating: loss, count: steps - losses.count)
        for step in trace.weights.count..<TrainingTrace.count(steps: steps) {
            trace.append(Digest(of: "\(name) \(step)".utf8))
        }
    }
}

extension Cheat {
    /// Whether its answer depends on the unit alone, not on what was sent before.
    var isOfUnitAlone: Bool { self == .zero || effort > 0 }

    /// The training that it does instead.
    func change(_ settings: TrainingSettings) -> TrainingSettings {
        var settings = settings
        switch self {
        case .otherData: settings.seed &+= 1
        case .otherSettings: settings.schedule.peak *= 0.9
        default: break
        }
        return settings
    }

    func change(weights: [Float]) -> [Float] {
        guard self == .otherPrecision else { return weights }
        return weights.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
    }

    func change(difference: [Float]) -> [Float] { self == .poisoned ? difference.map { -$0 } : difference }

    /// Steps that it takes.
    func steps(of steps: Int) -> Int { Int(effort * Double(steps)) }
}
