import Aggregation
import Checkpoints
import Federation
import Foundation
import LanguageModel
import Recipes
import Synchronization
import Tokenization
import Training
import Verification
import WorkUnits

/// Real training, codecs, judge and merges, with everything in memory but the files of the version that is being made.
final class TrainedWork: SimulatedWork {
    let recipe: Recipe
    let text: TextParts
    let attack: Attack
    let attackers: [Bool]
    let threads: Int
    let description: ProjectDescription
    let parameterCount: Int
    /// What a merge reads: weights, outer state and updates, by digest.
    let blobs = Blobs()
    var hostText: HostText
    /// By number; those that something still starts from.
    private var versions: [Int: SimulatedVersion] = [:]
    private var units: [AssignmentID: HeldUnit] = [:]
    /// What hosts hold back, where the codec leaves much out: by host.
    private var residuals: [Int: [UInt8]] = [:]
    /// The size of the newest update.
    private var usualBytes = 0
    /// Answers of units that were trained as they say, by the unit's digest: to train one again gives the same.
    private var honest: [Digest: (base: Int, made: MadeUpdate)] = [:]
    /// The updates that were merged into each version, as long as it may be merged again.
    private var merged: [Int: [Digest]] = [:]
    /// The last updates, for those who copy: of a few hosts, with the unit that each answers.
    private(set) var sent: [(host: Int, issue: IssuedUnit, archive: [UInt8])] = []
    private let keepsSent: Bool
    let pool: TrainingPool
    private let folder: String

    private static let sentAtMost = 256

    /// A unit in the hands of a host.
    struct HeldUnit {
        var unit: WorkUnit
        var digest: Digest
        var training: UnitTraining?
        /// The update that was made of it.
        var update: Digest?
        /// What the host holds back once the update counts.
        var residual: [UInt8]?
    }

    /// - Parameter folder: where a version's files are while it is made.
    init(
        _ recipe: Recipe, text: TextParts, settings: SimulationSettings, threads: Int, folder: String
    ) throws {
        self.recipe = recipe
        self.text = text
        self.threads = threads
        self.folder = folder
        attack = settings.attack
        let hostile = settings.hostileHosts
        attackers = (0..<settings.hosts).map(hostile.contains)
        description = try recipe.simulatedDescription()
        parameterCount = ParameterLayout(recipe.modelConfiguration).count
        keepsSent = settings.cheating.share > 0
        hostText = HostText(text, settings: settings, recipe: recipe)
        pool = TrainingPool(threads: threads, parameterCount: parameterCount)
    }

    /// Makes version 0.
    func begin() throws -> MadeVersion {
        let path = temporaryPath()
        return try publish(versionWeights.writeInitial(to: path), at: path, version: 0, state: nil, report: nil)
    }

    // MARK: Units

    func take(_ lease: Lease, host: Int, act: Act) throws -> Int {
        let (unit, shard, tokens) = try issue(lease.unit, host: host)
        let archive = try WorkUnitArchive.encode(unit, shard: shard)
        var held = HeldUnit(unit: unit, digest: Digest(of: archive))
        // A host that heard so late of its unit that its base is gone does nothing that counts.
        if let base = versions[lease.unit.base.version] {
            switch act {
            case .honest: held.training = UnitTraining(unit, named: held.digest, base: base, tokens: tokens)
            case .cheat(let cheat) where cheat.isOfUnitAlone:
                held.training = UnitTraining(unit, named: held.digest, base: base, tokens: tokens, cheat: cheat)
            case .cheat, .repeating: break
            }
        }
        units[lease.assignment] = held
        return archive.count
    }

    func begin(_ lease: Lease, host: Int, finish: Double) throws {
        guard let held = units[lease.assignment], let training = held.training, honest[held.digest] == nil else {
            return
        }
        pool.add(training, as: lease.assignment, needed: finish)
    }

    func update(of lease: Lease, host: Int, act: Act, isRead: Bool) throws -> MadeUpdate {
        guard var held = units[lease.assignment] else {
            preconditionFailure("assignment \(lease.assignment) was taken")
        }
        pool.remove(lease.assignment)
        if let made = known(act, held.digest) {
            held.training = nil
            held.update = made.update
            units[lease.assignment] = held
            blobs.hold(made.update)
            return made
        }
        guard isRead, held.training != nil || !act.isHonest else {
            units[lease.assignment]?.training = nil
            let unread = Digest(of: "unread update of \(lease.assignment)".utf8)
            return MadeUpdate(unit: held.digest, update: unread, bytes: usualBytes)
        }
        let result = try answer(&held, to: lease, host: host, act: act)
        let archive = try result.update?.archive ?? encode(result, for: &held, host: host)
        let made = keep(archive, result.trace, of: &held, lease: lease, host: host, act: act)
        if let update = result.update { blobs.keep(update.judged, of: made.update) }
        return made
    }

    /// What is there already: an accomplice's answer, or that of a unit which was trained before.
    private func known(_ act: Act, _ unit: Digest) -> MadeUpdate? {
        let made: MadeUpdate? =
            switch act {
            case .honest: honest[unit]?.made
            case .repeating(let told): told
            case .cheat: nil
            }
        return made.flatMap { blobs[$0.update] == nil ? nil : $0 }
    }

    private func answer(
        _ held: inout HeldUnit, to lease: Lease, host: Int, act: Act
    ) throws -> UnitTraining.Result {
        var result: UnitTraining.Result
        if case .cheat(let cheat) = act {
            result = try cheated(cheat, held, lease: lease, host: host)
        } else if let training = held.training {
            result = try pool.result(of: training)
        } else {
            // The accomplice's update is gone: what was told is worth nothing.
            result = try cheated(.noise, held, lease: lease, host: host)
        }
        held.training = nil
        if attackers[host] {
            var random = RandomStream(seed: held.unit.training.seed, stream: UInt64(lease.assignment))
            result.difference = attack.apply(to: result.difference, random: &random)
            result.update = nil
        }
        return result
    }

    private func keep(
        _ archive: [UInt8], _ trace: TrainingTrace, of held: inout HeldUnit, lease: Lease, host: Int, act: Act
    ) -> MadeUpdate {
        let digest = Digest(of: archive)
        held.update = digest
        units[lease.assignment] = held
        blobs.hold(digest, archive)
        usualBytes = archive.count
        let made = MadeUpdate(unit: held.digest, update: digest, bytes: archive.count, trace: trace)
        if act.isHonest, !attackers[host], !held.unit.errorFeedback {
            honest[held.digest] = (lease.unit.base.version, made)
        }
        if keepsSent {
            sent.append((host, lease.unit, archive))
            if sent.count > 2 * Self.sentAtMost { sent.removeFirst(Self.sentAtMost) }
        }
        return made
    }

    func replay(_ replay: Replay) throws -> Replayed {
        let (unit, shard, tokens) = try issue(replay.issue, host: 0)
        let name = Digest(of: try WorkUnitArchive.encode(unit, shard: shard))
        guard let base = versions[replay.issue.base.version] else {
            preconditionFailure("what an audit starts from is kept")
        }
        let trace: TrainingTrace
        let judged: JudgedUpdate?
        if let made = known(.honest, name) {
            (trace, judged) = (made.trace, blobs.judged(made.update))
        } else {
            let result = try UnitTraining(unit, named: name, base: base, tokens: tokens).result()
            (trace, judged) = (result.trace, result.update?.judged)
        }
        let isWhole = replay.steps == unit.training.steps
        return Replayed(
            trace: trace.prefix(replay.steps, of: unit.training.steps),
            content: isWhole ? judged?.judgement.content : nil)
    }

    private func encode(_ result: UnitTraining.Result, for issued: inout HeldUnit, host: Int) throws -> [UInt8] {
        let manifest = result.manifest(answering: issued.unit, named: issued.digest)
        guard issued.unit.errorFeedback, !attackers[host], let base = versions[issued.unit.base.version]?.weights else {
            return try UpdateArchive.encode(manifest, difference: result.difference)
        }
        let bound = UpdateBound(issued.unit)
        var next: [UInt8] = []
        let feedback =
            try residuals[host].map { try ErrorFeedback($0, parameterCount: manifest.parameterCount) }
            ?? ErrorFeedback(parameterCount: manifest.parameterCount)
        let archive = try feedback.encode(
            manifest, difference: { Array(result.difference[$0]) },
            limits: { try base.values($0).map(bound.limit) }, keep: { next += $0 })
        issued.residual = next
        return archive
    }

    func abandon(_ assignment: AssignmentID) {
        pool.remove(assignment)
        if let update = units.removeValue(forKey: assignment)?.update { blobs.release(update) }
    }

    func judge(_ judging: Judging, isHostile: Bool) throws -> Judgement {
        // Hostile updates are those that pass all checks.
        guard !isHostile, let unit = units[judging.assignment], let update = blobs[judging.update],
            let base = versions[judging.issue.base.version]
        else { return Judgement(.accepted) }
        // Most are judged by whoever computed them.
        if let known = blobs.judged(judging.update)?.judgement(of: unit.digest, judging.trace) { return known }
        let judged = try JudgedUpdate(
            update, answering: unit.unit, named: unit.digest, base: base.weights, trace: judging.trace)
        blobs.keep(judged, of: judging.update)
        return judged.judgement
    }

    func heard(_ verdict: Verdict, of assignment: AssignmentID, host: Int) {
        guard verdict == .accepted else { return abandon(assignment) }
        if let residual = units.removeValue(forKey: assignment)?.residual { residuals[host] = residual }
    }

    // MARK: Versions

    func merge(_ merge: Merge) throws -> MadeVersion {
        guard let start = versions[merge.start.version] else {
            preconditionFailure("what a merge starts from is kept")
        }
        let path = temporaryPath()
        let written = try versionWeights.write(merge, state: start.state, threads: threads, to: path)
        if written.step != nil { try DurableFile.remove(VersionWeights.stepPath(beside: path)) }
        for part in OuterState.Part.allCases {
            guard let blob = written.state?[part] else { continue }
            blobs.hold(blob.digest, try Self.takeFile(VersionWeights.path(of: part, beside: path)))
        }
        var made = try publish(
            written.weights, at: path, version: merge.version, state: written.state, report: written.report)
        made.stepBytes = written.step?.bytes
        merged[merge.version] = merge.contributions.map(\.update)
        return made
    }

    private var versionWeights: VersionWeights {
        VersionWeights(
            of: description, isScratch: true, prepared: { [blobs] in blobs.judged($0)?.prepared }
        ) { [blobs] digest in
            guard let blob = blobs[digest] else { throw SimulationFailure("blob \(digest.short) is gone") }
            return blob
        }
    }

    private func publish(
        _ written: WeightsWriter.Finished, at path: String, version: Int, state: OuterState?, report: MergeReport?
    ) throws -> MadeVersion {
        let reference = CheckpointReference(version: version, weights: written.digest, bytes: written.bytes)
        let file = try Self.takeFile(path)
        let made = try SimulatedVersion(reference, file: file, state: state)
        blobs.hold(written.digest, file)
        versions[version] = made
        return MadeVersion(reference: reference, measured: try measure(made, report))
    }

    func forget(allBut inUse: Set<Int>) {
        for (number, version) in versions where !inUse.contains(number) {
            versions[number] = nil
            blobs.release(version.reference.weights)
            for blob in version.state?.blobs ?? [] { blobs.release(blob.digest) }
        }
        let newest = versions.keys.max() ?? 0
        let oldest = recipe.policy.audit.share > 0 ? max(inUse.min() ?? 0, newest - MergeHistory.most) : newest
        for (version, updates) in merged where version <= oldest {
            merged[version] = nil
            for update in updates { blobs.release(update) }
        }
        honest = honest.filter { inUse.contains($0.value.base) }
    }

    private func measure(_ version: SimulatedVersion, _ report: MergeReport?) throws -> Measurement {
        let metrics = try evaluate(version.weights)
        var measured = Measurement(loss: metrics.loss, bitsPerByte: metrics.bitsPerByte)
        measured.gain = report?.realizedGain
        measured.clippedTensors = report?.clippedTensors
        if let average = version.state?.average.flatMap({ blobs[$0.digest] }) {
            measured.averageLoss = try evaluate(WeightsFile(average)).loss
        }
        return measured
    }

    private func evaluate(_ weights: WeightsFile) throws -> Metrics {
        try Evaluation.measure(
            model: weights.model, weights: weights.all(), tokens: text.validation,
            sequenceLength: recipe.unit.sequenceLength, threads: threads,
            byteCount: { text.tokenizer.byteCount(of: $0) })
    }

    private func temporaryPath() -> String { "\(folder)/version" }

    private static func takeFile(_ path: String) throws -> [UInt8] {
        let file = try FileBytes(path: path)
        let bytes = try file.read(file.count, at: 0)
        try DurableFile.remove(path)
        return bytes
    }
}
