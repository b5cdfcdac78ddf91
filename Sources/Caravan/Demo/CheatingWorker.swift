import ArgumentParser
import Checkpoints
import Foundation
import LanguageModel
import Ledger
import Training
import Transport
import WorkUnits

/// The demo's cheat, in the place of `caravan-worker`: it trains half of a unit and claims all of it, with losses and a trace that
/// look like the rest. By itself such an update is as plausible as an honest one.
///
/// It gains trust with a whole unit first, and is careful with audits: where the ledger has an answer to the unit already, it trains
/// all of it, until the last version.
struct CheatingWorker: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-cheat", abstract: "Trains half of a unit and claims all of it.", shouldDisplay: false)

    @Option var coordinator: String
    @Option var lastVersion: Int
    @Option var slot: String
    @Option var threads = 1
    @Option var saveEvery = 30.0
    @Option var nice = 0
    @Flag var untilEndOfInput = false

    func run() async throws {
        if untilEndOfInput { EndOfInput.terminates() }
        _ = Foundation.nice(Int32(nice))
        let archive = try FileBytes(path: slot + "/unit.caravan")
        let work = try WorkUnitArchive.decode(archive)
        let (unit, name) = (work.unit, try Digest(reading: archive))
        let base = try WeightsFile(FileBytes(path: slot + "/base.safetensors"))
        let trainer = try Trainer(
            model: unit.model, settings: unit.training, tokens: work.tokens, threads: threads,
            weights: { try base.values($0) })
        let progress = slot + "/progress.jsonl"
        try Files.write([], to: progress)
        let log = try Files.openForAppending(progress)
        let trusted = slot + "/../trusted"
        var isCheating = FileManager.default.fileExists(atPath: trusted)
        if isCheating, unit.base.version + 1 < lastVersion { isCheating = try await !isAnswered(name) }
        while trainer.step < unit.training.steps / (isCheating ? 2 : 1) {
            let step = try trainer.takeStep()
            let line = TrainingProgress(step: step.step, of: unit.training.steps, loss: step.loss, tokensPerSecond: 0)
            try log.write(contentsOf: CanonicalJSON.encode(line) + [UInt8(ascii: "\n")])
        }

        // The rest is made up.
        let missing = unit.training.steps - trainer.step
        let recent = Array(trainer.losses.suffix(10))
        let losses = trainer.losses + (0..<missing).map { recent[$0 % recent.count] }
        var trace = trainer.trace
        while trace.weights.count < TrainingTrace.count(steps: unit.training.steps) {
            trace.append(Digest(of: "what \(slot) did not train, \(trace.weights.count)".utf8))
        }
        let manifest = UpdateManifest(
            answering: unit, named: name, parameterCount: base.layout.count,
            losses: losses, trace: trace.commitment)
        let weights = trainer.weights()
        let update = try UpdateArchive.encode(manifest) { range in
            zip(weights[range], try base.values(range)).map { $0 - $1 }
        }
        try Files.write(CanonicalJSON.encode(trace), to: slot + "/trace.json")
        try Files.write(update, to: slot + "/update.caravan")
        try Files.write([], to: trusted)
    }

    /// Whether the ledger has an answer to a unit.
    private func isAnswered(_ unit: Digest) async throws -> Bool {
        let client = try CoordinatorClient(url: coordinator)
        var count = 0
        while case let page = try await client.ledgerPage(from: count, limit: 500), !page.entries.isEmpty {
            for text in page.entries {
                switch try CanonicalJSON.decode(LedgerEntry.self, from: Array(text.utf8)).record {
                case .contribution(let answer, _), .uncounted(let answer, _):
                    if answer.unit == unit { return true }
                default: break
                }
            }
            count += page.entries.count
        }
        return false
    }
}
