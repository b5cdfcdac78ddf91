import Foundation
import Transport
import WorkUnits

/// Brings a version's weights into a model's folder: whole, or by steps from those of an earlier version, whichever is fewer
/// bytes. An earlier version is one in the folder, or the nearest that the coordinator has whole.
struct VersionDownload {
    private let client: CoordinatorClient
    private let project: ProjectID
    private let model: ModelFolder

    /// Most steps that are taken at once: as many files are open.
    private static let maximumSteps = 256
    private static let maximumWeightsBytes = 1 << 40

    init(from client: CoordinatorClient, of project: ProjectID, to model: ModelFolder) {
        self.client = client
        self.project = project
        self.model = model
    }

    /// - Returns: what was fetched, in words.
    /// - Throws: `TransportFailure`, `UntrustedDocument`, `CommandFailure`. What has arrived stays for the next time.
    func run(_ wanted: CheckpointReference) async throws -> String {
        guard wanted.bytes <= Self.maximumWeightsBytes else {
            throw CommandFailure("version \(wanted.version) has weights of \(wanted.bytes) bytes: too many")
        }
        let present = presentWeights()
        guard present != wanted else { return "nothing, its weights were there" }
        let trail = try await cheapestTrail(to: wanted, present: present)
        try Files.createFolder(parts.path)
        var start = model.weightsFile.path
        if trail.start != present {
            start = parts.appending(path: "\(trail.start.weights).safetensors").path
            if try DurableFile.size(start) != trail.start.bytes {
                try await client.download(trail.start.weights, bytes: trail.start.bytes, to: start)
            }
        }
        if trail.steps.isEmpty {
            try DurableFile.publish(start, as: model.weightsFile.path)
        } else {
            try await trail.download(to: path)
            try add(trail.steps, to: start, wanted)
        }
        try FileManager.default.removeItem(at: parts)
        return words(trail, wanted, isWhole: trail.start != present)
    }

    /// Where weights and steps wait until all are there.
    private var parts: URL { model.url.appending(path: "parts", directoryHint: .isDirectory) }

    private func path(of step: BlobReference) -> String { parts.appending(path: "\(step.digest).step").path }

    /// What the folder's weights are, if they are as its manifest says.
    private func presentWeights() -> CheckpointReference? {
        guard
            let signed = try? CanonicalJSON.decode(
                Signed<CheckpointManifest>.self, from: Files.read(model.manifestFile.path, limit: 1 << 26),
                limit: 1 << 26),
            let manifest = try? signed.verified(by: project, context: CheckpointManifest.signingContext),
            let weights = try? FileDigest.read(model.weightsFile.path), weights.digest == manifest.weights.weights
        else { return nil }
        return manifest.weights
    }

    /// - Returns: a trail that begins with weights that are present, or that the coordinator has.
    private func cheapestTrail(
        to wanted: CheckpointReference, present: CheckpointReference?
    ) async throws -> StepTrail {
        var trail = StepTrail(to: wanted, from: client, project: project)
        var cheapest: StepTrail?
        var bytes = Int.max
        while true {
            if trail.start == present {
                if trail.bytes < bytes { cheapest = trail }
                break
            }
            if cheapest == nil, try await coordinatorHas(trail.start) {
                (cheapest, bytes) = (trail, trail.start.bytes + trail.bytes)
            }
            // Further back only the present weights can be fewer bytes.
            if cheapest != nil, present.map({ $0.version >= trail.start.version }) ?? true { break }
            guard trail.bytes < bytes, trail.steps.count < Self.maximumSteps, try await trail.goBack() else { break }
        }
        guard let cheapest else {
            throw CommandFailure(
                "the coordinator has neither the weights of version \(wanted.version) nor those of an earlier version with "
                    + "all steps from there: take another version, or a mirror")
        }
        return cheapest
    }

    private func coordinatorHas(_ weights: CheckpointReference) async throws -> Bool {
        do {
            return try await client.size(of: weights.weights) == weights.bytes
        } catch let failure where failure.isMissing {
            return false
        }
    }

    private func add(_ steps: [BlobReference], to start: String, _ wanted: CheckpointReference) throws {
        let isMade: Bool
        do {
            isMade = try CheckpointStep.make(wanted, at: model.weightsFile.path, from: start, by: steps.map(path))
        } catch is MalformedArchive {
            isMade = false
        }
        guard isMade else {
            // Whatever it was, it is fetched again the next time.
            try FileManager.default.removeItem(at: parts)
            throw CommandFailure(
                "the steps that the coordinator signed do not lead to version \(wanted.version): nothing was changed; "
                    + "caravan audit says where its run is wrong")
        }
    }

    private func words(_ trail: StepTrail, _ wanted: CheckpointReference, isWhole: Bool) -> String {
        guard !trail.steps.isEmpty else { return "\(wanted.bytes) bytes" }
        let steps = trail.steps.count == 1 ? "1 step" : "\(trail.steps.count) steps"
        let start = isWhole ? "the weights of version \(trail.start.version) and \(steps)" : "\(steps)"
        let bytes = trail.bytes + (isWhole ? trail.start.bytes : 0)
        return "\(start), \(bytes) bytes" + (bytes < wanted.bytes ? " instead of \(wanted.bytes)" : "")
    }
}
