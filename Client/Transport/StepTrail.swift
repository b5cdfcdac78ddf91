import WorkUnits

/// The way to a version from an earlier one, step by step, found by going back along the signed manifests.
public struct StepTrail: Sendable {
    /// The weights from which the steps begin: at first those that are wanted.
    public private(set) var start: CheckpointReference
    /// Oldest first.
    public private(set) var steps: [BlobReference] = []
    private let client: CoordinatorClient
    private let project: ProjectID

    /// Larger ones are not fetched from anybody.
    private static let maximumStepBytes = 1 << 40

    public init(to weights: CheckpointReference, from client: CoordinatorClient, project: ProjectID) {
        start = weights
        self.client = client
        self.project = project
    }

    /// Of all steps.
    public var bytes: Int { steps.reduce(0) { $0 + $1.bytes } }

    /// Goes one version back.
    ///
    /// - Returns: false where no step leads to `start`.
    /// - Throws: `TransportFailure`, or `UntrustedDocument` for a manifest that the project did not sign.
    public mutating func goBack() async throws -> Bool {
        let manifest = try await client.checkpoint(version: start.version)
            .verified(by: project, context: CheckpointManifest.signingContext)
        guard manifest.weights == start, let step = manifest.step, let previous = manifest.previous,
            previous.version == start.version - 1, previous.bytes == start.bytes,
            (1...Self.maximumStepBytes).contains(step.bytes)
        else { return false }
        steps.insert(step, at: 0)
        start = previous
        return true
    }

    /// Fetches the steps that are not there yet. Each continues where it was interrupted.
    ///
    /// - Parameters:
    ///   - path: where a step has its file.
    ///   - progress: called with the bytes that are there, and how many it will be.
    public func download(
        to path: (BlobReference) -> String, progress: @escaping @Sendable (Int, Int) -> Void = { _, _ in }
    ) async throws {
        let total = bytes
        var done = 0
        for step in steps {
            let before = done
            if try DurableFile.size(path(step)) != step.bytes {
                try await client.download(step.digest, bytes: step.bytes, to: path(step)) {
                    progress(before + $0, total)
                }
            }
            done += step.bytes
        }
    }
}
