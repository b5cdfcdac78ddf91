import Checkpoints
import WorkUnits

/// A version of a simulated run: its weights once, in memory, for all that start from it.
final class SimulatedVersion: Sendable {
    let reference: CheckpointReference
    let weights: WeightsFile
    /// What its outer optimizer carries.
    let state: OuterState?

    init(_ reference: CheckpointReference, file: [UInt8], state: OuterState?) throws {
        self.reference = reference
        self.state = state
        weights = try WeightsFile(file)
    }
}
