import Foundation
import TestSupport
import Testing

/// Volunteers whose processors round differently: for an older one OpenBLAS has other kernels.
@Suite(.serialized) struct RoundingTests {
    private static let older = ["OPENBLAS_CORETYPE": "Nehalem"]

    /// Whether this machine's own kernels are others than those of the older one.
    private static let isNewer =
        (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.contains(" avx2") == true

    @Test(.enabled(if: isNewer), .timeLimit(.minutes(3)))
    func `a quorum of hosts that round differently agrees within the tolerance`() async throws {
        try await TemporaryFolder.with { folder in
            // Of so small a model int4 would round the differences away.
            let recipe = TestProject.recipe(versions: 2).replacing("unit: {", with: "unit: {numerics: openblas, ")
                .replacing("quorum: 1", with: "quorum: 2").replacing("updateCodec: int4", with: "updateCodec: float32")
            let project = try TestProject(in: folder, recipe: recipe, volunteers: [[:], Self.older])
            defer { project.stop() }
            try await project.finish()

            let mirror = project.folder.appending(path: "mirror").path
            let audit = try Programs.run("caravan", ["audit", project.url, "--mirror", mirror])
            #expect(audit.status == 0 && audit.output.contains("audit: clean"), "\(audit.output)")
            // One of the two made the contribution: its bytes come out where numbers are rounded as there, and there alone.
            let distances = try [[:], Self.older].map { try distance(ofUnit: 0, in: mirror, environment: $0) }
            #expect(distances.contains(0) && distances.contains { $0 > 0 }, "\(distances)")
        }
    }

    /// In per cent, of an answer from what training gives; one that the project allows.
    private func distance(ofUnit index: Int, in mirror: String, environment: [String: String]) throws -> Double {
        let audit = try Programs.run("caravan", ["audit", "unit", "\(index)", mirror], environment: environment)
        #expect(audit.status == 0, "\(audit.output)")
        let found = audit.output.firstMatch(of: /recomputed: (\S+) % of its length apart/)
        return try #require(Double(found?.1 ?? ""), "\(audit.output)")
    }
}
