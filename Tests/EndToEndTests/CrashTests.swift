import Foundation
import TestSupport
import Testing
import Transport
import WorkUnits

/// A real server, real volunteers and real libcurl; `kill -9` for each of them at seeded moments.
@Suite(.serialized) struct CrashTests {
    private static let versions = 4

    /// The digest of every version's weights.
    private func weights(of project: TestProject) async throws -> [Digest] {
        try await CoordinatorClient(url: project.url).checkpoints().map(\.weights)
    }

    private func finish(_ project: TestProject, disturb: (TestProject) async throws -> Void) async throws -> [Digest] {
        defer { project.stop() }
        try await project.finish(disturb: disturb)
        let kept = [0, 2, 4]
        #expect(try await project.wholeVersions(expected: kept) == kept)
        let weights = try await weights(of: project)
        let mirror = project.folder.appending(path: "mirror").path
        let audit = try Programs.run("caravan", ["audit", project.url, "--mirror", mirror])
        #expect(audit.status == 0, "\(audit.output)")
        #expect(audit.output.contains("audit: clean"))
        return weights
    }

    @Test(arguments: ProcessInfo.processInfo.environment["CARAVAN_PROVE"] == nil ? [1] : [1, 2, 3, 4, 5] as [UInt64])
    func `kill -9 at random moments changes no byte of any checkpoint`(seed: UInt64) async throws {
        try await TemporaryFolder.with { folder in
            let calm = try await finish(TestProject(in: folder.appending(path: "calm"), versions: Self.versions)) { _ in
            }
            #expect(calm.count == Self.versions + 1)

            var generator = SplitMix64(seed: seed)
            var kills = 0
            let disturbed = try await finish(
                TestProject(in: folder.appending(path: "disturbed"), versions: Self.versions)
            ) { project in
                // Each wait is drawn from a longer span: many kills in the shortest run, and the slowest still ends.
                kills += 1
                try await Task.sleep(for: .milliseconds(Int.random(in: 0...75 * kills, using: &generator)))
                let victim = Int.random(in: 0..<project.volunteers.count + 1, using: &generator)
                if victim == project.volunteers.count {
                    project.server.kill()
                    try await Task.sleep(for: .milliseconds(Int.random(in: 0...300, using: &generator)))
                    try await project.startServer()
                } else if project.volunteers[victim].isRunning {
                    project.volunteers[victim].kill()
                    try project.volunteers[victim].start()
                }
            }
            #expect(kills > 0)
            #expect(disturbed == calm, "seed \(seed), \(kills) kills")
        }
    }
}
