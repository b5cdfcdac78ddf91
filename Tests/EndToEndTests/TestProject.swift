import Foundation
import TestSupport
import Transport
import WorkUnits

/// A small project with real programs: text, recipe, a server on a free port, two volunteers.
final class TestProject {
    let folder: URL
    let server: RunningProgram
    private(set) var volunteers: [RunningProgram] = []
    private(set) var url = ""

    private var urlFile: URL { folder.appending(path: "server.url") }

    /// Two volunteers who do a whole recipe.
    ///
    /// - Parameter versions: the version that ends the run.
    convenience init(in folder: URL, versions: Int) throws {
        try self.init(in: folder, recipe: Self.recipe(versions: versions))
    }

    /// - Parameter volunteers: what is different in the environment of each.
    init(in folder: URL, recipe: String, volunteers: [[String: String]] = [[:], [:]]) throws {
        self.folder = folder
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Self.text(seed: 11).write(to: folder.appending(path: "text.txt"), atomically: true, encoding: .utf8)
        try recipe
            .write(to: folder.appending(path: "recipe.yaml"), atomically: true, encoding: .utf8)
        // Units, and so the random rounding of their updates, depend on the project's key: projects are comparable.
        let serverFolder = folder.appending(path: "server")
        try FileManager.default.createDirectory(at: serverFolder, withIntermediateDirectories: true)
        try String(repeating: "5a", count: 32)
            .write(to: serverFolder.appending(path: "project.key"), atomically: true, encoding: .utf8)
        let port = try FreePort.find()
        server = RunningProgram(
            "caravan-server",
            [
                "run", folder.appending(path: "recipe.yaml").path, "--folder", serverFolder.path,
                "--port", "\(port)", "--url-file", folder.appending(path: "server.url").path,
            ], log: folder.appending(path: "server.log"))
        for (number, environment) in volunteers.enumerated() {
            self.volunteers.append(
                RunningProgram(
                    "caravan-client",
                    ["run", "--folder", volunteerFolder(number), "--threads", "1", "--exit-when-finished"],
                    environment: environment, log: folder.appending(path: "volunteer-\(number).log")))
        }
    }

    private func volunteerFolder(_ number: Int) -> String { folder.appending(path: "volunteer-\(number)").path }

    /// Starts the server and waits until it listens.
    func startServer() async throws {
        try? FileManager.default.removeItem(at: urlFile)
        try server.start()
        while true {
            if let text = try? String(contentsOf: urlFile, encoding: .utf8), text.hasSuffix("\n") {
                url = text.trimmingCharacters(in: .whitespacesAndNewlines)
                return
            }
            guard server.isRunning else {
                throw Programs.Missing(description: "the server ended:\n\(server.logTail())")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func join() throws {
        for number in volunteers.indices {
            let joined = try Programs.run("caravan-client", ["join", url, "--folder", volunteerFolder(number)])
            guard joined.status == 0 else { throw Programs.Missing(description: joined.output) }
        }
    }

    /// The newest version, if the server answers.
    func status() async -> ServerStatus? {
        try? await CoordinatorClient(url: url).status()
    }

    /// Lets all volunteers work until the run is finished.
    ///
    /// - Parameter disturb: called again and again meanwhile.
    func finish(disturb: (TestProject) async throws -> Void = { _ in }) async throws {
        try await startServer()
        try join()
        for volunteer in volunteers { try volunteer.start() }
        while true {
            if let status = await status(), status.finished { return }
            try await disturb(self)
            for program in volunteers where !program.isRunning && program.exitStatus != 0 {
                throw Programs.Missing(description: "a volunteer gave up:\n\(logs)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// The versions whose weights the server has, once it has no others than it should.
    func wholeVersions(expected: [Int]) async throws -> [Int] {
        let client = try CoordinatorClient(url: url)
        let versions = try await client.checkpoints()
        for _ in 0..<1000 {
            var whole: [Int] = []
            for version in versions {
                let bytes = try? await client.size(of: version.weights)
                if bytes != nil { whole.append(version.version) }
            }
            if whole == expected { return whole }
            try await Task.sleep(for: .milliseconds(10))
        }
        return []
    }

    func stop() {
        for volunteer in volunteers { volunteer.terminate() }
        server.terminate()
    }

    var logs: String {
        ([server] + volunteers).map { "--- \($0.name)\n\($0.logTail())" }.joined(separator: "\n")
    }

    /// Sentences from a small seeded grammar: enough structure for a loss to fall.
    private static func text(seed: UInt64) -> String {
        var generator = SplitMix64(seed: seed)
        func pick(_ words: [String]) -> String { words[Int.random(in: 0..<words.count, using: &generator)] }
        return (0..<400).map { _ in
            (0..<Int.random(in: 2...6, using: &generator)).map { _ in
                "\(pick(["The", "One", "Every"])) \(pick(["camel", "driver", "merchant", "star", "well"])) "
                    + "\(pick(["follows", "finds", "remembers", "carries"])) \(pick(["the road", "a river", "salt", "the night"]))."
            }.joined(separator: " ")
        }.joined(separator: "\n\n")
    }

    /// With no staleness allowed, the coordinator hands out exactly `mergeEvery` units for each version: the weights of
    /// every version depend on the recipe and the key alone, whoever computed what in which order.
    static func recipe(versions: Int) -> String {
        """
        name: end to end
        summary: A project for the end-to-end tests
        seed: 5
        model: {layers: 2, width: 32, heads: 2, context: 32}
        tokenizer: {vocabulary: 300}
        data:
          paths: [text.txt]
          separator: ""
          validation: {share: 0.1, tokens: 512}
        unit: {steps: 60, batchSize: 8, microBatchSize: 4, sequenceLength: 32}
        optimizer: {learningRate: 3.0e-3, finalLearningRate: 3.0e-4, warmupSteps: 10, restartSteps: 5, beta1: 0.9, beta2: 0.95, epsilon: 1.0e-8, weightDecay: 0.1, clipNorm: 1.0}
        federation:
          versions: \(versions)
          mergeEvery: 3
          maximumStaleness: 0
          quorum: 1
          deadlineSeconds: 60
          strategy: {kind: fedAvg, serverLearningRate: 1.0}
          snapshotEvery: 2
          updateCodec: int4
          audit: {share: 0}
        """
    }
}

/// A TCP port that nobody listens on.
enum FreePort {
    static func find() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard bound else { throw Programs.Missing(description: "no free port") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
