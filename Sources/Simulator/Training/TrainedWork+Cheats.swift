import Federation
import Recipes
import Training
import WorkUnits

/// What cheats really send: as much like an answer as whoever sends it can make it.
extension TrainedWork {
    func cheated(_ cheat: Cheat, _ held: HeldUnit, lease: Lease, host: Int) throws -> UnitTraining.Result {
        var result: UnitTraining.Result
        if let training = held.training, cheat.effort > 0 {
            result = try training.result()
            if cheat == .poisoned { result.difference = result.difference.map { -$0 } }
        } else {
            result = UnitTraining.Result(
                difference: try madeUp(cheat, lease: lease, host: host), losses: [], trace: TrainingTrace())
        }
        let steps = held.unit.training.steps
        // Of steps that were not taken, the last loss again, and digests of nothing.
        let loss = result.losses.last ?? 3
        result.losses += Array(repeating: loss, count: steps - result.losses.count)
        for step in result.trace.weights.count..<TrainingTrace.count(steps: steps) {
            result.trace.append(Digest(of: "\(cheat) \(step) of assignment \(lease.assignment)".utf8))
        }
        return result
    }

    private func madeUp(_ cheat: Cheat, lease: Lease, host: Int) throws -> [Float] {
        var random = RandomStream(seed: recipe.seed, stream: UInt64(lease.assignment) << 8 | 7)
        let other = try sent.last { $0.host != host }.map { try difference($0.archive) }
        switch cheat {
        case .zero: return Array(repeating: 0, count: parameterCount)
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

extension Cheat {
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

    func change(_ weights: [Float]) -> [Float] {
        guard self == .otherPrecision else { return weights }
        return weights.map { Float(bitPattern: $0.bitPattern & 0xffff_0000) }
    }

    /// Steps that it takes.
    func steps(of steps: Int) -> Int { effort < 1 ? Int(effort * Double(steps)) : steps }
}
