import ArgumentParser
import Foundation
import Transport
import WorkUnits

/// `caravan download`: fetches a published version from a coordinator.
struct Download: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Downloads a checkpoint version and its tokenizer from a coordinator.",
        discussion: """
            A coordinator keeps the whole weights of some versions, and for every version the step that leads to it. This takes \
            what is fewest bytes: the weights, those of an earlier version and steps, or steps alone where the folder holds an \
            earlier version.
            """)

    @Argument(help: "The coordinator's address, such as http://127.0.0.1:8650.")
    var url: String

    @Option(help: "The version; the newest if left out.")
    var version: Int?

    @Flag(help: "The running average of the versions instead of the version's own weights.")
    var average = false

    @Option(help: "Where to put weights.safetensors, tokenizer.json and manifest.json.")
    var folder: String

    @Option(help: "The project's public key; refuses any other. Without it the server's word is taken.")
    var project: String?

    func run() async throws {
        let client = try CoordinatorClient(url: url)
        let described = try await client.project()
        let key = try project.map(ProjectKey.parse) ?? described.unverified().project
        let description = try described.verified(by: key, context: ProjectDescription.signingContext)
        let signed = try await client.checkpoint(version: version)
        let manifest = try signed.verified(by: key, context: CheckpointManifest.signingContext)
        let model = ModelFolder(path: folder)
        try Files.createFolder(folder)
        let fetched: String
        if average {
            let blob = try chosenAverage(of: manifest)
            try await client.download(blob.digest, bytes: blob.bytes, to: model.weightsFile.path)
            fetched = "\(blob.bytes) bytes"
        } else {
            fetched = try await VersionDownload(from: client, of: key, to: model).run(manifest.weights)
        }
        try await client.download(description.tokenizer, atMost: 1 << 26, to: model.tokenizerFile.path)
        try Files.write(CanonicalJSON.encode(signed), to: model.manifestFile.path)
        let kind = average ? "average up to version" : "version"
        print("\(kind) \(manifest.version) of \(description.name) is in \(folder), fetched: \(fetched)")
        if average { print("measured with the version's own weights:") }
        print(manifest.metrics.lines(vocabulary: manifest.model.vocabulary).joined(separator: "\n"))
    }

    private func chosenAverage(of manifest: CheckpointManifest) throws -> BlobReference {
        guard let blob = manifest.state?.average else {
            throw CommandFailure(
                "version \(manifest.version) has no average: its recipe keeps none, or it is the first; leave --average out"
            )
        }
        return blob
    }
}

enum ProjectKey {
    static func parse(_ text: String) throws -> ProjectID {
        guard let key = ProjectID(text) else {
            throw ValidationError("'\(text)' is not a public key: 64 hexadecimal digits")
        }
        return key
    }
}
