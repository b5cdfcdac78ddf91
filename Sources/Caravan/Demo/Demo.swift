import ArgumentParser
import Foundation
import Transport
import WorkUnits

/// `caravan demo`: a coordinator and volunteers on this machine train a small model from scratch, before your eyes.
struct Demo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the whole system on this machine: a server, volunteers, merges, a passage, an audit.",
        discussion: "Ctrl-C stops everything; the same command continues where it stopped.")

    @Option(help: "A text file or a folder of them to train on; the fortunes of Debian if left out.")
    var data: String?

    @Option(help: "Checkpoint versions to make.")
    var versions = 6

    @Option(help: "Volunteers to start.")
    var volunteers = 3

    @Option(help: "Volunteers beside them that train half of what they claim, once they are trusted. 0: none.")
    var cheats = 1

    @Option(help: "Where everything goes.")
    var folder = "caravan-demo"

    func validate() throws {
        guard (1...100).contains(versions) else { throw ValidationError("--versions must be between 1 and 100") }
        guard (1...32).contains(volunteers) else { throw ValidationError("--volunteers must be between 1 and 32") }
        guard (0...DemoRecipe.mergeEvery).contains(cheats) else {
            throw ValidationError("--cheats must be between 0 and \(DemoRecipe.mergeEvery)")
        }
    }

    func run() async throws {
        StopSignal.install()
        let files = DemoFolder(path: folder)
        try files.prepare(recipe: DemoRecipe(data: data, versions: versions))

        let crew = Crew(logs: files.url)
        defer { crew.stop() }
        do {
            Terminal.print("caravan-server prepares the project in \(folder)/server …")
            let url = try await startServer(crew, files)
            let client = try CoordinatorClient(url: url)
            let key = try await client.project().unverified().project
            var ledger = DemoLedger(project: key)
            try await startVolunteers(crew, files, client, url: url)
            try await ledger.update(from: client) { Terminal.print("   ✗ " + $0) }
            var progress = DemoProgress(status: try await client.status(), tokens: ledger.tokens)
            Terminal.print(
                "\(volunteers) volunteers train at \(url)"
                    + (cheats > 0 ? ", and \(cheats) beside them that claims twice what it trains" : "")
                    + "; the same address shows the dashboard")
            progress.printHeader()
            while !progress.isFinished {
                try StopSignal.check()
                try crew.check()
                try await Task.sleep(for: .milliseconds(500))
                // A busy server may miss one question; whether it is there at all, the crew knows.
                guard let status = try? await client.status() else { continue }
                progress.update(status, training: members.compactMap { files.progress(of: $0.name) })
                try await ledger.update(from: client) { Terminal.print("   ✗ " + $0) }
            }
            // Also where the run was finished before.
            try await ledger.update(from: client) { Terminal.print("   ✗ " + $0) }
            crew.observeUsage()
            try await finish(progress, ledger, crew, files, url: url, key: key)
        } catch is StopSignal.Stopped {
            crew.stop()
            Terminal.print("\nstopped. The same command continues where it stopped")
            throw ExitCode(130)
        }
    }

    private func startServer(_ crew: Crew, _ files: DemoFolder) async throws -> String {
        try? FileManager.default.removeItem(at: files.serverURLFile)
        try crew.start(
            "caravan-server", name: "server",
            [
                "run", files.recipe.path, "--folder", files.server.path, "--port", "0", "--url-file",
                files.serverURLFile.path,
            ])
        while true {
            try StopSignal.check()
            try crew.check()
            if let url = try? String(contentsOf: files.serverURLFile, encoding: .utf8) {
                return url.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Those who cheat come first, so that each of them gets a unit in any case.
    private var members: [(name: String, cheats: Bool)] {
        (0..<cheats).map { ("\(DemoFolder.cheat)\($0 + 1)", true) }
            + (1...volunteers).map { ("volunteer-\($0)", false) }
    }

    private func startVolunteers(
        _ crew: Crew, _ files: DemoFolder, _ client: CoordinatorClient, url: String
    ) async throws {
        for (number, member) in members.enumerated() {
            let folder = files.member(member.name).path
            try await crew.run(
                "caravan-client", name: member.name, ["join", url, "--folder", folder, "--name", member.name])
            try StopSignal.check()
            let worker =
                member.cheats
                ? ["--worker", try files.makeCheatingWorker(coordinator: url, lastVersion: versions)] : []
            try crew.start(
                "caravan-client", name: member.name,
                ["run", "--folder", folder, "--threads", "1", "--exit-when-finished"] + worker)
            while member.cheats {
                try StopSignal.check()
                try crew.check()
                if let status = try? await client.status(),
                    status.height > 0 || status.openAssignments > number
                {
                    break
                }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// The passage, the audit and the summary.
    private func finish(
        _ progress: DemoProgress, _ ledger: DemoLedger, _ crew: Crew, _ files: DemoFolder, url: String, key: ProjectID
    ) async throws {
        Terminal.print("\nThe last version, \(progress.version), writes:\n")
        try await crew.run(
            "caravan", name: "download", ["download", url, "--folder", files.model.path, "--project", "\(key)"])
        try await crew.run(
            "caravan", name: nil,
            [
                "generate", files.model.path, "--prompt", "The best", "--several-documents", "--tokens", "200",
                "--temperature", "0.8", "--top-k", "40", "--seed", "7",
            ])
        Terminal.print("\nAudit of all versions from public data:\n")
        try await crew.run(
            "caravan", name: nil, ["audit", url, "--project", "\(key)", "--mirror", files.mirror.path])
        Terminal.print("")
        progress.printSummary(tokens: ledger.tokens, usage: crew.usage)
        Terminal.print("")
        ledger.printCredits()
        Terminal.print(
            """

            model      \(files.model.path)        caravan generate \(files.model.path) --prompt "Never"
            ledger     \(files.mirror.path)/ledger.jsonl   caravan audit \(files.mirror.path)
            """)
        if let update = ledger.falseUpdate {
            Terminal.print(
                "the cheat  trained again by yourself: caravan audit unit \(update.short) \(files.mirror.path)")
        }
        Terminal.print(
            "server     \(files.server.path), volunteers beside it, a log of each in \(files.url.path)")
        try ledger.requireJustice(cheats: cheats) { $0.hasPrefix(DemoFolder.cheat) }
    }
}
