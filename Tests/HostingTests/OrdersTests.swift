import Coordination
import Federation
import Foundation
import Hosting
import SimulationSupport
import Synchronization
import TestSupport
import Testing
import WorkUnits

/// What the project's people order while the server runs.
struct OrdersTests {
    @Test func `an order is done once, and one of somebody else never`() async throws {
        let temporary = try TemporaryFolder()
        let policy = RunPolicy(
            mergeEvery: 1, lastVersion: 1, lease: Seconds(60), unitSteps: 4, tokensPerStep: 25,
            maximumUpdateBytes: 1 << 20)
        let project = try ImaginaryProject(policy: policy)
        let now = Timestamp(milliseconds: 1_000_000)
        let blobs = MemoryBlobStore()
        let coordinator = try await Coordinator(
            store: MemoryCoordinatorStore(), blobs: blobs, services: ImaginaryServices(project, blobs: blobs),
            key: project.key, description: project.description, policy: policy, snapshotEvery: 16,
            genesis: project.genesis,
            now: { now })
        let host = ImaginaryProject.key(1)
        try await coordinator.register(host.registration(in: project.key.verifyingKey, at: now))
        let orders = Orders(of: ProjectFolder(path: temporary.path))
        try await orders.deliver(to: coordinator) { _ in }

        let ban = AccountBan(
            project: project.key.verifyingKey, volunteer: host.verifyingKey, isBanned: true, reason: "",
            stamp: RequestStamp(now))
        try orders.leave(Signed(ban, by: project.key, context: AccountBan.signingContext))
        var forged = ban
        forged.reason = "by myself"
        try orders.leave(Signed(forged, by: host, context: AccountBan.signingContext))
        var said: [String] = []
        try await orders.deliver(to: coordinator) { said.append($0) }
        #expect(said.count(where: { $0.contains("is banned") }) == 1 && said.count == 2, "\(said)")
        try await orders.deliver(to: coordinator) { said.append($0) }
        #expect(said.count == 2)
        let request = WorkRequest(
            project: project.key.verifyingKey, host: host.verifyingKey, stamp: RequestStamp(now))
        await #expect(throws: Refusal.self) {
            try await coordinator.requestWork(Signed(request, by: host, context: WorkRequest.signingContext))
        }
    }

    @Test func `a folder without a project has no key to sign with`() throws {
        let temporary = try TemporaryFolder()
        #expect(throws: HostingFailure.self) { try ProjectFolder(path: temporary.path).existingKey() }
        let key = try ProjectFolder(path: temporary.path).signingKey()
        #expect(try ProjectFolder(path: temporary.path).existingKey().verifyingKey == key.verifyingKey)
    }
}
