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
    /// What a merge reads: weights, outer state and updates, by digest.
    let blobs = Blobs()
    var hostText: HostText
    /// By number; those that units still start from.
    var versions: [Int: SimulatedVersion] = [:]
    var units: [AssignmentID: HeldUnit] = [:]
    /// What hosts hold back, where the codec leaves much out: by host.
    var residuals: [Int: [UInt8]] = [:]
    /// The size of the newest update.
    private var usualBytes = 0
    private let pool: TrainingPool
    private let folder: String

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
        hostText = HostText(text, settings: settings, recipe: recipe)
        pool = TrainingPool(threads: threads)
    }

    /// Makes version 0.
    func begin() throws -> MadeVersion {
        let path = temporaryPath()
        return try publish(versionWeights.writeInitial(to: path), at: path, version: 0, state: nil, report: nil)
    }

    // MARK: Units

    func unitBytes(of lease: Lease, host: Int) throws -> Int {
        let (unit, shard, tokens) = try issue(lease, host: host)
        let archive = try WorkUnitArchive.encode(unit, shard: shard)
        // A host that heard so late of its unit that its base is gone does nothing that counts.
        let training = versions[lease.unit.base.version].map {
            UnitTraining(settings: unit.training, base: $0, tokens: tokens)
        }
        units[lease.assignment] = HeldUnit(unit: unit, digest: Digest(of: archive), training: training)
        return archive.count
    }

    func begin(_ lease: Lease, host: Int, finish: Double) throws {
        guard let training = units[lease.assignment]?.training else { return }
        pool.add(training, as: lease.assignment, needed: finish)
    }

    func update(of lease: Lease, host: Int, counts: Bool) throws -> MadeUpdate {
        guard var issued = units[lease.assignment] else {
            preconditionFailure("assignment \(lease.assignment) was begun")
        }
        pool.remove(lease.assignment)
        guard counts, let training = issued.training else {
            units[lease.assignment]?.training = nil
            let unread = Digest(of: "unread update of \(lease.assignment)".utf8)
            return MadeUpdate(unit: issued.digest, update: unread, bytes: usualBytes)
        }
        var result = try training.result()
        issued.training = nil
        if attackers[host] {
            var random = RandomStream(seed: issued.unit.training.seed, stream: UInt64(lease.assignment))
            result.difference = attack.apply(to: result.difference, random: &random)
        }
        let archive = try encode(result, for: &issued, host: host)
        let digest = Digest(of: archive)
        issued.update = digest
        units[lease.assignment] = issued
        blobs[digest] = archive
        usualBytes = archive.count
        return MadeUpdate(unit: issued.digest, update: digest, bytes: archive.count)
    }

    private func encode(_ result: UnitTraining.Result, for issued: inout HeldUnit, host: Int) throws -> [UInt8] {
        let manifest = UpdateManifest(
            answering: issued.unit, named: issued.digest, parameterCount: result.difference.count,
            losses: result.losses, trace: result.trace.commitment)
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
        if let update = units.removeValue(forKey: assignment)?.update { blobs[update] = nil }
    }

    func judge(_ judging: Judging, isHostile: Bool) throws -> Verdict {
        // Hostile updates are those that pass all checks.
        guard !isHostile, let unit = units[judging.assignment], let update = blobs[judging.update],
            let base = versions[judging.issue.base.version]
        else { return .accepted }
        return try UpdateJudge(unit: unit.unit, unitDigest: unit.digest).judge(update, base: base.weights).verdict
    }

    func heard(_ verdict: Verdict, of assignment: AssignmentID, host: Int) {
        guard verdict == .accepted else { return abandon(assignment) }
        if let residual = units.removeValue(forKey: assignment)?.residual { residuals[host] = residual }
    }

    // MARK: Versions

    func merge(_ merge: Merge) throws -> MadeVersion {
        guard let previous = versions[merge.previous.version] else { preconditionFailure("the newest version is kept") }
        let path = temporaryPath()
        let written = try versionWeights.write(
            after: merge.previous, state: previous.state, contributions: merge.contributions, threads: threads,
            to: path)
        if written.step != nil { try DurableFile.remove(VersionWeights.stepPath(beside: path)) }
        for part in OuterState.Part.allCases {
            guard let blob = written.state?[part] else { continue }
            blobs[blob.digest] = try Self.takeFile(VersionWeights.path(of: part, beside: path))
        }
        var made = try publish(
            written.weights, at: path, version: merge.version, state: written.state, report: written.report)
        made.stepBytes = written.step?.bytes
        for contribution in merge.contributions { blobs[contribution.update] = nil }
        return made
    }

    private var versionWeights: VersionWeights {
        VersionWeights(of: description) { [blobs] digest in
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
        blobs[written.digest] = file
        versions[version] = made
        forget(before: version)
        return MadeVersion(reference: reference, measured: try measure(made, report))
    }

    /// Units of older versions, that are computed already, hold their base themselves.
    private func forget(before version: Int) {
        if let previous = versions[version - 1] {
            blobs[previous.reference.weights] = nil
            for blob in previous.state?.blobs ?? [] { blobs[blob.digest] = nil }
        }
        versions[version - 2 - recipe.federation.maximumStaleness] = nil
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

/// What a merge reads, by digest.
final class Blobs: Sendable {
    private let bytes = Mutex<[Digest: [UInt8]]>([:])

    subscript(digest: Digest) -> [UInt8]? {
        get { bytes.withLock { $0[digest] } }
        set { bytes.withLock { $0[digest] = newValue } }
    }
}
