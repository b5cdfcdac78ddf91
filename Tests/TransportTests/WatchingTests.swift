import Ledger
import Synchronization
import TestSupport
import Testing
import Transport
import WorkUnits

/// A client that remembers a head, and coordinators that go on from it or do not.
struct WatchingTests {
    private static let key = SigningKey.example(1)

    /// A ledger as a coordinator shows it.
    private struct Shown: Sendable {
        var entries: [Digest]
        var signer = WatchingTests.key
        /// What it answers instead of a proof.
        var refusal: Int?

        init(_ name: String, _ count: Int, fork: Int = .max) {
            entries = (0..<count).map { Digest(of: "\($0 < fork ? "" : name)\($0)".utf8) }
        }

        func root(_ leaves: Range<Int>) -> Digest {
            var edge = MerkleEdge()
            for entry in entries[leaves] { edge.append(entry) }
            return edge.root
        }

        var head: LedgerHead {
            LedgerHead(
                project: WatchingTests.key.verifyingKey, count: entries.count, digest: entries.last ?? .zero,
                root: root(0..<entries.count))
        }

        var signedHead: Signed<LedgerHead> {
            get throws { try Signed(head, by: signer, context: LedgerHead.signingContext) }
        }

        func serve() throws -> LoopbackServer {
            try LoopbackServer { request in
                if request.path.hasSuffix("ledger/head") { return try .json(signedHead) }
                if let refusal { return .init(refusal) }
                let numbers = request.path.split { !$0.isNumber }.compactMap { Int($0) }.suffix(2)
                guard let from = numbers.first, let to = numbers.last, to <= entries.count else { return .init(404) }
                let path = MerkleProof.consistency(from: from, to: to).map(root)
                return try .json(ConsistencyProof(from: from, to: to, path: path))
            }
        }
    }

    private func look(_ shown: Shown, after seen: Shown?) async throws -> Signed<LedgerHead> {
        let server = try shown.serve()
        return try await CoordinatorClient(url: server.url).head(
            after: seen?.signedHead, of: Self.key.verifyingKey)
    }

    @Test func `a ledger that goes on is followed, and one that shows less is not forgotten`() async throws {
        let (short, long) = (Shown("a", 5), Shown("a", 12))
        #expect(try await look(short, after: nil) == short.signedHead)
        #expect(try await look(short, after: short) == short.signedHead)
        #expect(try await look(long, after: short) == long.signedHead)
        // Answers from a copy that is behind: proven by the coordinator that has more.
        var behind = long
        behind.entries.removeLast(3)
        #expect(try await look(long, after: behind) == long.signedHead)
    }

    @Test(arguments: [5, 9])
    func `another history is found, whatever its length`(count: Int) async throws {
        let seen = Shown("a", 5)
        let forked = Shown("b", count, fork: 3)
        do {
            _ = try await look(forked, after: seen)
            Issue.record("followed a fork of \(count) entries")
        } catch let fork as ForkedLedger {
            #expect(try fork.evidence.seen == seen.signedHead && fork.evidence.shown == forked.signedHead)
        }
    }

    @Test func `who gives no proof has none, and who cannot answer now is asked again`() async throws {
        var shown = Shown("a", 9)
        shown.refusal = 404
        await #expect(throws: ForkedLedger.self) { try await look(shown, after: Shown("a", 5)) }
        shown.refusal = 503
        await #expect(throws: TransportFailure.self) { try await look(shown, after: Shown("a", 5)) }
    }

    @Test func `a head that the project did not sign is refused`() async throws {
        var shown = Shown("a", 5)
        shown.signer = .example(2)
        await #expect(throws: UntrustedDocument.self) { try await look(shown, after: nil) }
    }
}
