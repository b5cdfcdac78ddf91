import ArgumentParser
import Foundation
import Transport
import Verification
import WorkUnits

/// `caravan audit`: recomputes a run from public data.
struct Audit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Verifies a run's ledger and signatures, and recomputes every judgement and checkpoint.",
        discussion: """
            Reads a coordinator's public data, or a folder that an earlier audit mirrored, and compares digests. Exits \
            with 1 and says where, if anything differs.
            """)

    @Argument(help: "A coordinator's address, or a mirror's folder.")
    var source: String

    @Option(help: "The project's public key; refuses any other. Without it the source's word is taken.")
    var project: String?

    @Option(help: "Where to keep the public data of a coordinator; downloads continue there. Temporary if left out.")
    var mirror: String?

    func run() async throws {
        let key = try project.map(ProjectKey.parse)
        guard source.hasPrefix("http://") || source.hasPrefix("https://") else {
            return try report(PublicMirror(path: source), key: key)
        }
        let path = mirror ?? FileManager.default.temporaryDirectory.appending(path: "caravan-mirror-\(UUID())").path
        defer { if mirror == nil { try? FileManager.default.removeItem(atPath: path) } }
        let folder = PublicMirror(path: path)
        try await MirrorDownload(from: CoordinatorClient(url: source), to: folder).run { Terminal.print($0) }
        try report(folder, key: key)
    }

    private func report(_ mirror: PublicMirror, key: ProjectID?) throws {
        var audit = RunAudit(mirror, expectedProject: key) { Terminal.print($0) }
        let report = try audit.run()
        for finding in report.findings {
            print("FOUND \(finding)")
        }
        guard report.isClean else {
            print("audit: not clean. Findings: \(report.findings.count)")
            throw ExitCode.failure
        }
        print(
            "audit: clean. \(report.entries) entries, \(report.contributions) contributions, "
                + "\(report.recomputedVersions) versions recomputed to the same bytes")
    }
}
