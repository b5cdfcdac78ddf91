import Coordination
import Federation
import Ledger
import SimulationSupport
import TestSupport
import Testing
import WorkUnits

/// Who may join, and how they leave: asked of a real coordinator, read from its ledger.
struct MembershipTests {
    private let account = SigningKey.example(50)

    private func revocation(of host: Speaker, by key: SigningKey, _ bench: Bench) throws -> Signed<HostRevocation> {
        let body = HostRevocation(
            project: host.project, volunteer: key.verifyingKey, host: host.host, stamp: RequestStamp(bench.now))
        return try Signed(body, by: key, context: HostRevocation.signingContext)
    }

    private func ban(_ volunteer: VolunteerID, by key: SigningKey, _ bench: Bench) throws -> Signed<AccountBan> {
        let body = AccountBan(
            project: bench.project.key.verifyingKey, volunteer: volunteer, isBanned: true, reason: "noise",
            stamp: RequestStamp(bench.now))
        return try Signed(body, by: key, context: AccountBan.signingContext)
    }

    /// The whole ledger, verified.
    private func verified(_ bench: Bench) throws -> (verifier: LedgerVerifier, records: [LedgerRecord]) {
        var verifier = LedgerVerifier(project: bench.project.key.verifyingKey)
        let records = try bench.memory.ledgerEntries(from: 0, limit: .max).map { try verifier.verify($0).record }
        return (verifier, records)
    }

    @Test func `an open project asks a new host for a proof of work, once`() async throws {
        let bench = try Bench(admission: .open(proofBits: 6))
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let without = try host.registration(account: account)
        #expect(try await refusal { try await coordinator.register(without) } == .admissionRequired)
        let claim = AdmissionClaim(
            project: host.project, host: host.host, volunteer: account.verifyingKey)
        let wrong = try #require((0...).first { claim.zeroBits($0) < 6 })
        let bad = try host.registration(account: account, admission: .proof(nonce: wrong))
        #expect(try await refusal { try await coordinator.register(bad) } == .forbidden)
        try await coordinator.register(try host.registration(account: account, admission: claim.proof(bits: 6)))
        try await coordinator.register(try host.registration(account: account))
        #expect(try await coordinator.status().hosts == 1)
        let (verifier, records) = try verified(bench)
        #expect(verifier.volunteer(of: host.host) == account.verifyingKey)
        #expect(records.count { if case .joined = $0 { true } else { false } } == 1)
    }

    @Test func `an invitation's uses are counted across restarts`() async throws {
        let bench = try Bench(admission: .invitation)
        var coordinator = try await bench.start()
        let letter = try InvitationLetter(hosts: 2, expires: bench.now + Seconds(60), by: bench.project.key)
        func register(_ number: Int) async throws {
            let host = Speaker(number, bench)
            let claim = AdmissionClaim(project: host.project, host: host.host, volunteer: host.host)
            try await coordinator.register(try host.registration(admission: claim.admission(by: letter)))
        }
        let proven = try Speaker(9, bench).registration(admission: .proof(nonce: 0))
        #expect(try await refusal { try await coordinator.register(proven) } == .admissionRequired)
        try await register(1)
        coordinator = try await bench.start()
        try await register(2)
        // One that is in comes in again; a third host does not.
        bench.advance(1)
        try await register(1)
        #expect(try await refusal { try await register(3) } == .forbidden)
        #expect(try await coordinator.status().hosts == 2)
        #expect(try verified(bench).verifier.hostCount == 2)
    }

    @Test func `a revoked host is refused, what it contributed stays, and the ledger tells`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        try await coordinator.register(try host.registration(account: account))
        try await host.work(for: coordinator, bench)
        let assignment = try await host.assignment(from: coordinator, bench)
        let submission = try await host.answer(to: assignment, coordinator)
        let forged = try revocation(of: host, by: .example(51), bench)
        #expect(try await refusal { try await coordinator.revoke(forged) } == .forbidden)
        try await coordinator.revoke(try revocation(of: host, by: account, bench))
        let request = try host.workRequest(at: bench.now)
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .forbidden)
        #expect(try await refusal { _ = try await coordinator.submit(submission) } == .forbidden)
        let again = try host.registration(account: account)
        #expect(try await refusal { try await coordinator.register(again) } == .forbidden)
        #expect(try await coordinator.status().height == 1)
        let (_, records) = try verified(bench)
        guard case .revoked = records.last else { return #expect(Bool(false), "\(records.map { "\($0)" })") }
    }

    @Test func `only the project bans an account, and all its hosts are refused`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let hosts = [Speaker(1, bench), Speaker(2, bench)]
        for host in hosts { try await coordinator.register(try host.registration(account: account)) }
        let forged = try ban(account.verifyingKey, by: account, bench)
        #expect(try await refusal { try await coordinator.ban(forged) } == .unauthorized)
        let order = try ban(account.verifyingKey, by: bench.project.key, bench)
        for _ in 0..<2 { try await coordinator.ban(order) }
        for host in hosts {
            let request = try host.workRequest(at: bench.now)
            #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .forbidden)
        }
        let (_, records) = try verified(bench)
        #expect(records.count { if case .banned = $0 { true } else { false } } == 1)
    }

    @Test func `an account's new key is recorded, and takes over its hosts`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let (host, next) = (Speaker(1, bench), SigningKey.example(52))
        try await coordinator.register(try host.registration(account: account))
        let body = KeyReplacement(
            project: host.project, volunteer: account.verifyingKey, successor: next.verifyingKey, host: host.host,
            stamp: RequestStamp(bench.now))
        let alone = try ConfirmedReplacement(body, by: account, successor: account)
        #expect(try await refusal { try await coordinator.replaceKey(alone) } == .unauthorized)
        var fresh = body
        fresh.stamp = RequestStamp(bench.now)
        try await coordinator.replaceKey(try ConfirmedReplacement(fresh, by: account, successor: next))
        try await host.work(for: coordinator, bench)
        #expect(try verified(bench).verifier.volunteer(of: host.host) == next.verifyingKey)
        #expect(try bench.recovered().volunteer(of: host.host) == next.verifyingKey)
    }

    @Test func `a request is done once, however often it is sent`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let host = Speaker(1, bench)
        let registration = try host.registration()
        try await coordinator.register(registration)
        #expect(try await refusal { try await coordinator.register(registration) } == .sendAgain)
        let request = try host.workRequest(at: bench.now)
        _ = try await coordinator.requestWork(request)
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .sendAgain)
        #expect(try await refusal { _ = try await coordinator.requestWork(try host.workRequest(at: bench.now)) } == nil)
    }

    @Test func `after a restart older requests are to be sent again`() async throws {
        let bench = try Bench()
        var coordinator = try await bench.start()
        let host = Speaker(1, bench)
        try await coordinator.register(try host.registration())
        let request = try host.workRequest(at: bench.now)
        bench.advance(1)
        coordinator = try await bench.start()
        #expect(try await refusal { _ = try await coordinator.requestWork(request) } == .sendAgain)
        #expect(try await refusal { _ = try await coordinator.requestWork(try host.workRequest(at: bench.now)) } == nil)
    }

    @Test func `the window of requests is bounded, and takes nothing that it may have forgotten`() throws {
        let minute: Int64 = 60_000
        let key = SigningKey.example(1).verifyingKey
        var window = ReplayWindow(start: Timestamp(milliseconds: 0), limit: 3)
        let now = Timestamp(milliseconds: 4 * minute)
        let stamps = (0..<4).map { RequestStamp(Timestamp(milliseconds: $0 * minute), nonce: 7) }
        for stamp in stamps { try window.admit(stamp, of: key, at: now) }
        // The first was forgotten to make room: it is not done twice all the same.
        for stamp in stamps {
            #expect(throws: Refusal.self) { try window.admit(stamp, of: key, at: now) }
        }
        try window.admit(stamps[3], of: SigningKey.example(2).verifyingKey, at: now)
        try window.admit(RequestStamp(stamps[3].time, nonce: 8), of: key, at: now)
    }
}
