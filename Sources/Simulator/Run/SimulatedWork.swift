import Federation
import WorkUnits

/// What updates and versions of a simulated run are made of: real training, or names and sizes alone.
///
/// Called by the simulation's loop, one call at a time and in the order of simulated time.
protocol SimulatedWork: AnyObject {
    /// Bytes that a host downloads for a unit, beside the weights that it starts from.
    func unitBytes(of lease: Lease, host: Int) throws -> Int

    /// A host will have trained its unit at `finish`, in seconds: work that may begin now.
    func begin(_ lease: Lease, host: Int, finish: Double) throws

    /// The update of a unit that was begun.
    ///
    /// - Parameter counts: false for one that no merge will read, and that need not be real.
    func update(of lease: Lease, host: Int, counts: Bool) throws -> MadeUpdate

    /// Nobody waits for the update any more.
    func abandon(_ assignment: AssignmentID)

    func judge(_ judging: Judging, isHostile: Bool) throws -> Verdict

    /// The host has heard what became of its update.
    func heard(_ verdict: Verdict, of assignment: AssignmentID, host: Int)

    func merge(_ merge: Merge) throws -> MadeVersion
}

/// An update by its name and size.
struct MadeUpdate: Sendable {
    var unit: Digest
    var update: Digest
    /// Of the archive.
    var bytes: Int
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
