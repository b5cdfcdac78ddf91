import Federation
import WorkUnits

/// What updates and versions of a simulated run are made of: real training, or names and sizes alone.
///
/// Called by the simulation's loop, one call at a time and in the order of simulated time.
protocol SimulatedWork: AnyObject {
    /// A host takes a unit.
    ///
    /// - Parameter act: what it is going to do with it.
    /// - Returns: the bytes that it downloads for it, beside the weights that it starts from.
    func take(_ lease: Lease, host: Int, act: Act) throws -> Int

    /// A host will have trained its unit at `finish`, in seconds: work that may begin now.
    func begin(_ lease: Lease, host: Int, finish: Double) throws

    /// The update of a unit that was taken.
    ///
    /// - Parameter isRead: false for one that nobody will look into, and that need not be real.
    func update(of lease: Lease, host: Int, act: Act, isRead: Bool) throws -> MadeUpdate

    /// Nobody waits for the update any more.
    func abandon(_ assignment: AssignmentID)

    func judge(_ judging: Judging, isHostile: Bool) throws -> Judgement

    /// The host has heard what became of its update.
    func heard(_ verdict: Verdict, of assignment: AssignmentID, host: Int)

    /// What a unit gives when it is trained as it says.
    func replay(_ replay: Replay) throws -> Replayed

    func merge(_ merge: Merge) throws -> MadeVersion

    /// Nothing that was made from versions other than these will be asked for, and no merge begins before the first of them.
    func forget(allBut versions: Set<Int>)
}

/// An update by its name and size, and what its host says of its training.
struct MadeUpdate: Hashable, Sendable {
    var unit: Digest
    var update: Digest
    /// Of the archive.
    var bytes: Int
    var trace = TrainingTrace()
}

/// A version by its name, and what is known about it.
struct MadeVersion: Sendable {
    var reference: CheckpointReference
    /// Size of the step from the version before, where one is published.
    var stepBytes: Int?
    var measured: Measurement?
}

/// How good a version is, and what its merge was like.
public struct Measurement: Codable, Hashable, Sendable {
    /// Nats per token of held-out text.
    public var loss: Double
    public var bitsPerByte: Double
    /// The loss of the running average of versions, where one is kept.
    public var averageLoss: Double?
    /// How many times the pseudo-gradient the step was; see `MergeReport`.
    public var gain: Double?
    /// Pairs of update and tensor that were clipped.
    public var clippedTensors: Int?
}
