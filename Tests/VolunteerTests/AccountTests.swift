import Foundation
import Synchronization
import TestSupport
import Testing
import Transport
import Volunteer
import WorkUnits

/// Accounts, their hosts, and what a host shows to be let in.
struct AccountTests {
    let temporary: TemporaryFolder
    let folder: ClientFolder

    init() throws {
        temporary = try TemporaryFolder()
        folder = ClientFolder(path: temporary.file("laptop"))
    }

    private func join(
        _ folder: ClientFolder, _ server: LoopbackServer, _ papers: Papers = Papers(), at time: Int64 = 1000
    ) async throws -> HostID {
        try await folder.join(
            url: server.url, key: nil, hostName: nil, papers: papers, now: Timestamp(milliseconds: time)
        ).host
    }

    private func run(
        _ folder: ClientFolder, report: @escaping @Sendable (VolunteerReport) -> Void = { _ in }
    ) async throws {
        let clock = FakeClock()
        let agent = try VolunteerAgent(
            folder: folder, worker: FakeWorker(), now: clock.now, sleep: clock.sleep, report: report)
        try await agent.run(until: .finishedRun)
    }

    private func write(_ value: some Encodable, _ name: String) throws -> String {
        // With the end of line that a command prints.
        try temporary.write(CanonicalJSON.encode(value) + [10], to: name)
    }

    @Test func `a newcomer has an account without having asked for one`() async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let server = try LoopbackServer(coordinator.answer)
        let host = try await join(folder, server)
        try await run(folder)
        let status = try folder.status()
        #expect(status.volunteer != nil && status.volunteer != host && status.team == nil)
        #expect(coordinator.hosts[host]?.volunteer == status.volunteer)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/account.key")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func `a second computer works for the same account by its key, and for a team`() async throws {
        let server = try LoopbackServer(FakeCoordinator(units: 1).answer)
        let second = ClientFolder(path: temporary.file("server"))
        let first = try await join(folder, server, Papers(team: "red"))
        let host = try await join(second, server, Papers(account: folder.path + "/account.key", team: "red"))
        #expect(host != first)
        #expect(try second.status().volunteer == folder.status().volunteer && second.status().team == "red")
        // Joining again keeps what is there.
        _ = try await join(second, server)
        #expect(try second.status().volunteer == folder.status().volunteer && second.status().team == "red")
        await #expect(throws: VolunteerFailure.self) {
            try await join(second, server, Papers(account: temporary.file("nothing")))
        }
    }

    @Test func `a certificate does as well, and the account's key stays where it is`() async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let server = try LoopbackServer(coordinator.answer)
        let second = ClientFolder(path: temporary.file("server"))
        _ = try await join(folder, server, Papers(team: "red"))
        let host = try await join(second, server)
        let certificate = try folder.certify(host, team: nil, now: Timestamp(milliseconds: 2000))
        let path = try write(certificate, "certificate")
        _ = try await join(second, server, Papers(certificate: path))
        try await run(second)
        #expect(try coordinator.hosts[host]?.volunteer == folder.status().volunteer)
        #expect(coordinator.hosts[host]?.team == "red")
        // It is for one host.
        let third = ClientFolder(path: temporary.file("third"))
        await #expect(throws: VolunteerFailure.self) { try await join(third, server, Papers(certificate: path)) }
    }

    @Test func `a proof of work is computed where it is asked for, and only then`() async throws {
        let coordinator = try FakeCoordinator(units: 2, admission: .open(proofBits: 6))
        let server = try LoopbackServer(coordinator.answer)
        let host = try await join(folder, server)
        let proofs = Mutex(0)
        for _ in 0..<2 {
            try await run(folder) { report in
                if case .proving(bits: 6) = report { proofs.withLock { $0 += 1 } }
            }
        }
        #expect(coordinator.hosts[host] != nil && proofs.withLock { $0 } == 1)
    }

    @Test func `a project of the invited says so at once, and takes an invitation`() async throws {
        let coordinator = try FakeCoordinator(units: 1, admission: .invitation)
        let server = try LoopbackServer(coordinator.answer)
        await #expect {
            try await join(folder, server)
        } throws: { error in
            "\(error)".contains("--invitation")
        }
        let expires = Timestamp(milliseconds: 1 << 50)
        let foreign = try write(InvitationLetter(hosts: 1, expires: expires, by: .example(9)), "foreign")
        await #expect(throws: UntrustedDocument.self) { try await join(folder, server, Papers(invitation: foreign)) }
        let letter = try write(InvitationLetter(hosts: 1, expires: expires, by: FakeCoordinator.key), "letter")
        let host = try await join(folder, server, Papers(invitation: letter))
        try await run(folder)
        guard case .invitation = coordinator.hosts[host]?.admittance else {
            return #expect(Bool(false), "\(coordinator.hosts)")
        }
    }

    @Test func `a request that the server may have done before is signed and sent again`() async throws {
        let coordinator = try FakeCoordinator(units: 2, large: true)
        let seen = Mutex<Set<String>>([])
        let server = try LoopbackServer { request in
            let isSigned = request.method == "POST" && !request.path.hasSuffix("submissions")
            let isFirst = isSigned && seen.withLock { $0.insert(request.path).inserted }
            guard isFirst else { return try coordinator.answer(request) }
            return try .json(ErrorReply(code: "send-again", message: "once more"), status: 425)
        }
        _ = try await join(folder, server)
        try await run(folder)
        #expect(coordinator.submissions.count == 2 && seen.withLock { $0.count } == 3)
    }

    @Test func `a volunteer revokes a host and gives the account another key`() async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let server = try LoopbackServer(coordinator.answer)
        let host = try await join(folder, server)
        let old = try #require(try folder.status().volunteer)
        let lost = SigningKey.example(5).verifyingKey
        try await folder.revoke(lost)
        #expect(coordinator.revocations.map(\.host) == [lost] && coordinator.revocations[0].volunteer == old)
        let new = try await folder.replaceAccountKey()
        #expect(coordinator.replacements.map(\.successor) == [new] && coordinator.replacements[0].volunteer == old)
        #expect(try folder.status().volunteer == new && new != old)
        try await run(folder)
        #expect(coordinator.hosts[host]?.volunteer == new)
    }

    @Test func `a new key that the server did not take is the same at the next try`() async throws {
        let coordinator = try FakeCoordinator(units: 1)
        let isDown = Mutex(true)
        let server = try LoopbackServer { request in
            let answer = try coordinator.answer(request)
            guard request.path.hasSuffix("/keys"), isDown.withLock({ $0 }) else { return answer }
            return .init(body: [1], breaksAfter: 0)
        }
        _ = try await join(folder, server)
        let old = try folder.status().volunteer
        await #expect(throws: TransportFailure.self) { try await folder.replaceAccountKey() }
        #expect(try folder.status().volunteer == old)
        isDown.withLock { $0 = false }
        let new = try await folder.replaceAccountKey()
        #expect(coordinator.replacements.map(\.successor) == [new, new])
    }

    @Test func `a client that is shown another ledger keeps the evidence and stops`() async throws {
        let honest = try LoopbackServer(FakeCoordinator(units: 1).answer)
        _ = try await join(folder, honest)
        try await run(folder)
        let forked = try LoopbackServer(FakeCoordinator(units: 1, ledger: Digest(of: "another".utf8)).answer)
        _ = try await join(folder, forked)
        await #expect(throws: VolunteerFailure.self) { try await run(folder) }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        let file = try #require(files.first { $0.hasPrefix("evidence-") })
        let bytes = Array(try Data(contentsOf: URL(filePath: "\(folder.path)/\(file)")))
        let evidence = try CanonicalJSON.decode(ForkEvidence.self, from: bytes)
        for head in [evidence.seen, evidence.shown] {
            let key = FakeCoordinator.key.verifyingKey
            #expect(try head.verified(by: key, context: LedgerHead.signingContext).count == 2)
        }
        #expect(evidence.seen != evidence.shown)
    }
}
