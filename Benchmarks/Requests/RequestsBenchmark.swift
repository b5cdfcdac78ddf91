import ArgumentParser
import Foundation
import Hosting
import Recipes
import WorkUnits

/// Complete cycles of assignment and submission against a real server on the same machine.
struct RequestsBenchmark: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests",
        abstract: "Counts complete assignments and submissions of a real server, and their latencies.")

    @Option(help: "Hosts that take part, one after the other.")
    var hosts = 2000

    @Option(help: "Connections, each with one request on its way.")
    var connections = 64

    @Option(help: "Contributions in a version.")
    var mergeEvery = 500

    @Option(help: "Hosts that registered before.")
    var registeredHosts = 0

    @Option(help: "Units that were completed before.")
    var completedUnits = 0

    @Option(help: "Seconds that each turn measures for.")
    var seconds = 10.0

    @Option(help: "Turns; the first one warms up and is not printed.")
    var turns = 3

    @Option(help: "How many requests a cycle takes: together, asking or uploading.")
    var exchange = LoadGenerator.Exchange.together

    @Option(help: "A folder for the project that is kept, and continued.")
    var folder: String?

    func validate() throws {
        guard hosts >= connections, connections >= 1, mergeEvery >= 1, seconds > 0, turns >= 1 else {
            throw ValidationError("--hosts is at least --connections, and every number at least 1")
        }
    }

    mutating func run() async throws {
        let server = try ServerProcess(recipe: project.recipe, text: TinyProject.text, kept: folder)
        try server.start()
        if registeredHosts > 0 || completedUnits > 0 {
            server.stop()
            try await writeHistory(in: server.data)
            try server.start()
        }
        let key = try ProjectFolder(path: server.data).signingKey().verifyingKey
        var generator = try LoadGenerator(
            port: server.port, project: key, hosts: (0..<hosts).map(TinyProject.hostKey),
            template: try project.template(), exchange: exchange, connections: connections)
        let begun = ContinuousClock.now
        try generator.registerAll()
        print(
            figures(
                "register", cycles: hosts, seconds: (ContinuousClock.now - begun) / .seconds(1), generator, server))
        for turn in 0...turns {
            let (start, ours, theirs) = (ContinuousClock.now, ThisProcess.processorSeconds, server.processorSeconds)
            let cycles = try generator.run(seconds: turn == 0 ? min(3, seconds) : seconds)
            let elapsed = (ContinuousClock.now - start) / .seconds(1)
            guard turn > 0 else { continue }
            var line = figures("requests", cycles: cycles, seconds: elapsed, generator, server)
            line.append("generatorLoad", ((ThisProcess.processorSeconds - ours) / elapsed).formatted(digits: 2))
            line.append("serverLoad", ((server.processorSeconds - theirs) / elapsed).formatted(digits: 2))
            print(line)
        }
    }

    private var project: TinyProject {
        TinyProject(mergeEvery: mergeEvery, width: 8, clip: completedUnits > 0 ? .none : .medianNorm)
    }

    private func writeHistory(in folder: String) async throws {
        let recipe = try Recipe.parse(project.recipe, path: "recipe.yaml")
        var history = try await History(folder: folder, policy: recipe.policy)
        let clock = ContinuousClock()
        let start = clock.now
        let names = (0..<registeredHosts).compactMap { HostID(bytes: Digest(of: "registered host \($0)".utf8).bytes) }
        try await history.register(names)
        try await history.complete(units: completedUnits, by: (0..<500).map { TinyProject.hostKey(-1 - $0) })
        print("# history written in \(clock.now - start)")
    }

    private func figures(
        _ kind: String, cycles: Int, seconds: Double, _ generator: LoadGenerator, _ server: ServerProcess
    ) -> Figures {
        var line = Figures(
            kind,
            [
                "exchange": exchange.rawValue, "hosts": "\(hosts)", "connections": "\(connections)",
                "cyclesPerSecond": (Double(cycles) / seconds).formatted(digits: 0), "waits": "\(generator.waits)",
                "uncounted": "\(generator.uncounted)",
                "serverPeakMegabytes": server.peakMegabytes.formatted(digits: 0),
            ])
        for kind in LoadGenerator.Kind.allCases {
            guard let times = generator.latencies[kind] else { continue }
            for (name, fraction) in [("P50", 0.5), ("P99", 0.99), ("Max", 1)] {
                line.append("\(kind)\(name)", times.quantile(fraction).formatted(digits: 1))
            }
        }
        return line
    }
}

extension LoadGenerator.Exchange: ExpressibleByArgument {}
