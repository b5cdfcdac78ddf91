import Foundation
import Ledger
import WorkUnits

/// What was signed about the ledger as it grew: by the coordinator, whose older heads a mirror keeps, and by witnesses.
struct SignedHeads {
    /// Somebody's word for the root over the first entries.
    private struct Claim {
        /// The file that says it.
        var place: String
        /// Nil for the coordinator itself.
        var witness: VerifyingKey?
        var count: Int
        var root: Digest

        var speaker: String { witness.map { "witness \($0.short)" } ?? "the coordinator" }

        func finding(_ problem: String) -> AuditReport.Finding {
            .init(place: place, problem: "\(speaker) signed \(problem)")
        }
    }

    private var claims: [Claim] = []
    /// What cannot be trusted at all.
    private(set) var untrusted: [AuditReport.Finding] = []
    /// Witnesses whose word held.
    private(set) var witnesses: Set<VerifyingKey> = []

    init(in mirror: PublicMirror, project: ProjectID) {
        for file in mirror.olderHeadFiles {
            read(file) {
                let head = try mirror.document(Signed<LedgerHead>.self, at: file)
                    .verified(by: project, context: LedgerHead.signingContext)
                return [Claim(place: file.lastPathComponent, count: head.count, root: head.root)]
            }
        }
        let file = mirror.witnessesFile
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        read(file) {
            try mirror.list(of: Signed<Cosignature>.self, at: file).map { word in
                let body = try word.verified(context: Cosignature.signingContext, by: \.witness)
                guard body.project == project else {
                    throw UnreadableBytes(reason: "witness \(body.witness.short) speaks of another project")
                }
                return Claim(
                    place: file.lastPathComponent, witness: body.witness, count: body.count, root: body.root)
            }
        }
    }

    private mutating func read(_ file: URL, _ read: () throws -> [Claim]) {
        do {
            claims += try read()
        } catch {
            untrusted.append(.init(place: file.lastPathComponent, problem: "\(error)"))
        }
    }

    /// Compares what was said of so many entries with what they are.
    mutating func check(_ edge: MerkleEdge) -> [AuditReport.Finding] {
        let due = claims.filter { $0.count == edge.count }
        guard !due.isEmpty else { return [] }
        claims.removeAll { $0.count == edge.count }
        let root = edge.root
        witnesses.formUnion(due.filter { $0.root == root }.compactMap(\.witness))
        return due.filter { $0.root != root }.map {
            $0.finding(
                "another history: root \($0.root.short) over \($0.count) entries, where it is \(root.short) here")
        }
    }

    /// Of more entries than there are.
    var unseen: [AuditReport.Finding] {
        claims.map { $0.finding("\($0.count) entries: the ledger here has fewer, so mirror it again") }
    }
}
