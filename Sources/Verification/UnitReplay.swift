import Checkpoints
import LanguageModel
import Training
import WorkUnits

/// Trains a unit again from public data, to see what an honest host's answer is.
///
/// With `canonical` numerics that is the same bytes on every machine.
public struct UnitReplay {
    public let unit: WorkUnit
    /// Digest of the unit's archive.
    private let name: Digest
    private let base: WeightsFile
    private let trainer: Trainer

    /// - Parameters:
    ///   - archive: a work unit, whose bytes are what its digest says.
    ///   - base: the weights that it names.
    public init(_ archive: any RandomAccessBytes, base: WeightsFile, threads: Int) throws {
        let work = try WorkUnitArchive.decode(archive)
        unit = work.unit
        name = try Digest(reading: archive)
        self.base = base
        trainer = try Trainer(
            model: unit.model, settings: unit.training, tokens: work.tokens, threads: threads,
            weights: { try base.values($0) })
    }

    /// Where the training went so far.
    public var trace: TrainingTrace { trainer.trace }
    /// Mean cross-entropy of each step so far, in nats per token.
    public var losses: [Float] { trainer.losses }

    /// - Parameters:
    ///   - steps: at which to stop; no more than the unit has.
    ///   - progress: called after each step with the number of steps taken.
    public func run(to steps: Int, progress: (Int) -> Void = { _ in }) throws {
        while trainer.step < steps {
            try trainer.takeStep()
            progress(trainer.step)
        }
    }

    /// What the update says, as a `Judgement` has it.
    public func content() throws -> Digest {
        let archive = try UpdateArchive(update(), maximumParameters: base.layout.count)
        return try archive.content()
    }

    /// The archive that answers the unit, of a host that holds nothing back. To be asked for after the last step.
    public func update() throws -> [UInt8] {
        let manifest = UpdateManifest(
            answering: unit, named: name, parameterCount: base.layout.count, losses: trainer.losses,
            trace: trainer.trace.commitment)
        let weights = trainer.weights()
        return try UpdateArchive.encode(manifest) { range in
            zip(weights[range], try base.values(range)).map { $0 - $1 }
        }
    }
}
