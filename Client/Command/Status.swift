import ArgumentParser
import Foundation
import Volunteer
import WorkUnits

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what the client does and what came of its work. Asks nobody: reads the folder.")

    @OptionGroup var folder: FolderOption

    @Flag(help: "As JSON, for programs.")
    var json = false

    func run() async throws {
        let status = try folder.value.status()
        print(json ? String(decoding: try CanonicalJSON.encode(status), as: UTF8.self) : status.text)
    }
}

extension ClientStatus {
    /// A table for people.
    var text: String {
        var rows = [
            ("project", "\(project.name), \(project.url), key \(project.project.short)"),
            ("host", "\(project.hostName), key \(host.short)"),
            ("account", "\(volunteer?.short ?? "none")\(team.map { ", team \($0)" } ?? "")"),
            ("client", isRunning ? "running" : "not running"),
            ("doing", phase),
        ]
        if let pause, isRunning { rows.append(("waiting", "until \(pause.until.local): \(pause.reason)")) }
        if let assignment {
            rows.append(
                (
                    "unit",
                    "\(assignment.unit.short), version \(assignment.base.version), due \(assignment.deadline.local)"
                ))
        }
        if let progress {
            rows.append(
                ("training", "step \(progress.step) of \(progress.of), \(Int(progress.tokensPerSecond)) tokens/s"))
        }
        rows.append(
            (
                "results",
                """
                \(tally.accepted) accepted, \(tally.uncounted) for credit alone, \(tally.inconclusive) waiting for others, \(tally.rejected) rejected, \
                \(tally.dropped) given up
                """
            ))
        return rows.map { "\($0.padding(toLength: 10, withPad: " ", startingAt: 0))\($1)" }.joined(separator: "\n")
    }
}
