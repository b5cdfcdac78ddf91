import ArgumentParser
import Foundation
import Transport
import Verification
import WorkUnits

/// `caravan audit`: recomputes a run, or one answer, from public data.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recomputes a run, or a single answer of it, from public data.",
        discussion: "'caravan audit SOURCE' is 'caravan audit run SOURCE'.",
        subcommands: [AuditRun.self, AuditUnit.self], defaultSubcommand: AuditRun.self)
}

/// Where the public data of a run are.
struct AuditedSource: ParsableArguments {
    @Argument(help: "A coordinator's address, or a mirror's folder.")
    var source: String

    @Option(help: "Where to keep the public data of a coordinator; downloads continue there. Temporary if left out.")
    var mirror: String?

    /// - Parameter body: called with the mirror, which a temporary one does not outlive.
    func withMirror(_ body: (PublicMirror) throws -> Void) async throws {
        guard source.hasPrefix("http://") || source.hasPrefix("https://") else {
            return try body(PublicMirror(path: source))
        }
        let path = mirror ?? FileManager.default.temporaryDirectory.appending(path: "caravan-mirror-\(UUID())").path
        defer { if mirror == nil { try? FileManager.default.removeItem(atPath: path) } }
        let folder = PublicMirror(path: path)
        try await MirrorDownload(from: CoordinatorClient(url: source), to: folder).run { Terminal.print($0) }
        try body(folder)
    }
}

/// `caravan audit run`: everything.
struct AuditRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Verifies a run's ledger and signatures, and recomputes every judgement and checkpoint.",
        discussion: """
            Reads a coordinator's public data, or a folder that an earlier audit mirrored, and compares digests. Exits \
            with 1 and says where, if anything differs.
            """)

    @OptionGroup var data: AuditedSource

    @Option(help: "The project's public key; refuses any other. Without it the source's word is taken.")
    var project: String?

    func run() async throws {
        let key = try project.map(ProjectKey.parse)
        try await data.withMirror { try report($0, key: key) }
    }

    private func report(_ mirror: PublicMirror, key: ProjectID?) throws {
        var audit = RunAudit(mirror, expectedProject: key) { Terminal.print($0) }
        let report = try audit.run()
        for finding in report.findings {
            print("FOUND \(finding)")
        }
        for witness in report.silentWitnesses {
            print("no word of witness \(witness.short), whom the project names: ask it what it saw")
        }
        guard report.isClean else {
            print("audit: not clean. Findings: \(report.findings.count)")
            throw ExitCode.failure
        }
        print(
            "audit: clean. \(report.entries) entries, \(report.contributions) contributions, "
                + "\(report.recomputedVersions) versions recomputed to the same bytes; convictions: \(report.convictions), "
                + "audits still open: \(report.openAudits), witnesses that read the same ledger: \(report.witnesses)")
    }
}
