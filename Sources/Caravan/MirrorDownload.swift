import Checkpoints
import Foundation
import Ledger
import Transport
import Verification
import WorkUnits

/// Brings everything public of a run into a mirror. Blobs that are there already are not fetched again.
///
/// Of versions between snapshots a coordinator may have the steps alone, and so has the mirror then: an audit makes the weights
/// again.
struct MirrorDownload {
    private let client: CoordinatorClient
    private let mirror: PublicMirror

    init(from client: CoordinatorClient, to mirror: PublicMirror) {
        self.client = client
        self.mirror = mirror
    }

    /// - Parameter progress: called with a line for each stage.
    func run(progress: (String) -> Void) async throws {
        try Files.createFolder(mirror.url.appending(path: "checkpoints").path)
        let signed = try await client.project()
        let description = try signed.unverified()
        try Files.write(CanonicalJSON.encode(signed), to: mirror.projectFile.path)
        let (contributions, named) = try await ledger()
        progress("mirrored \(contributions) contributions of \(description.name)")
        for digest in [description.tokenizer, description.dataset, description.recipe] + named {
            try await fetch(digest)
        }
        let versions = try await client.checkpoints()
        var whole = 0
        for summary in versions {
            let manifest = try await client.checkpoint(version: summary.version)
            try Files.write(CanonicalJSON.encode(manifest), to: mirror.checkpointFile(summary.version).path)
            let body = try manifest.unverified()
            if let step = body.step { try await fetch(step.digest) }
            let isOptional = body.step != nil
            if try await fetch(body.weights.weights, isOptional: isOptional) { whole += 1 }
            for blob in body.state?.blobs ?? [] { _ = try await fetch(blob.digest, isOptional: isOptional) }
        }
        progress("mirrored \(versions.count) versions, \(whole) of them whole, in \(mirror.url.path)")
    }

    /// Writes `ledger.jsonl` and `head.json`.
    ///
    /// - Returns: the number of contributions, and what an audit needs of them and of convictions: units and updates.
    private func ledger() async throws -> (contributions: Int, named: [Digest]) {
        try keepOlderHead()
        try Files.write([], to: mirror.ledgerFile.path)
        let file = try Files.openForAppending(mirror.ledgerFile.path)
        var (contributions, named) = (0, [Digest]())
        var count = 0
        while true {
            let page = try await client.ledgerPage(from: count, limit: 500)
            for text in page.entries {
                try file.write(contentsOf: Data((text + "\n").utf8))
                let entry = try CanonicalJSON.decode(LedgerEntry.self, from: Array(text.utf8))
                switch entry.record {
                case .contribution(let contribution, _):
                    contributions += 1
                    named += [contribution.unit, contribution.update]
                case .convicted(let conviction): named += [conviction.unit, conviction.update]
                default: break
                }
            }
            count += page.entries.count
            // The head of the page that completes the chain speaks of exactly the entries that were written.
            if try page.entries.isEmpty || count >= page.head.unverified().count {
                // Not those who already saw more.
                let words = try await client.witnesses().filter { try $0.unverified().count <= count }
                try Files.write(CanonicalJSON.encode(words), to: mirror.witnessesFile.path)
                try Files.write(CanonicalJSON.encode(page.head), to: mirror.headFile.path)
                return (contributions, named)
            }
        }
    }

    /// - Parameter isOptional: whether the coordinator may have removed it.
    /// - Returns: whether it is there.
    private func fetch(_ digest: Digest, isOptional: Bool) async throws -> Bool {
        do {
            try await fetch(digest)
            return true
        } catch let failure as TransportFailure where failure.isMissing && isOptional {
            return false
        }
    }

    /// The head of an earlier download stays, so that the audit sees whether the ledger still is the one that was signed then.
    private func keepOlderHead() throws {
        let manager = FileManager.default
        guard manager.fileExists(atPath: mirror.headFile.path) else { return }
        let bytes = try Files.read(mirror.headFile.path, limit: 1 << 20)
        let head = try CanonicalJSON.decode(Signed<LedgerHead>.self, from: bytes).unverified()
        let file = mirror.olderHeadFile(head.count)
        try Files.createFolder(file.deletingLastPathComponent().path)
        // Another head of as many entries is evidence, too.
        let known = manager.fileExists(atPath: file.path) ? try Files.read(file.path, limit: 1 << 20) : bytes
        let path = known == bytes ? file.path : mirror.olderHeadFile(head.count).path + ".\(head.root.short).json"
        try Files.write(bytes, to: path)
    }

    private func fetch(_ digest: Digest) async throws {
        let file = mirror.blobFile(digest)
        guard !FileManager.default.fileExists(atPath: file.path) else { return }
        try Files.createFolder(file.deletingLastPathComponent().path)
        try await client.download(digest, atMost: 1 << 34, to: file.path)
    }
}
