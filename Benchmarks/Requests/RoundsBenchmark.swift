import ArgumentParser
import Foundation
import Hosting
import Synchronization
import WorkUnits

/// Rounds in which nobody trains: every client downloads the weights and sends zeros, the server judges, merges and publishes.
struct RoundsBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rounds", abstract: "Times whole rounds without training, of a real server and clients.")

    @Option(help: "Clients; each is in every round.")
    var clients = 10

    @Option(help: "Layers of the model, of width 512 unless told otherwise: 11 have 35 million parameters.")
    var layers = 11

    @Option(help: "Width of the model.")
    var width = 512

    @Option(help: "Rounds that are measured, after one to warm up.")
    var rounds = 3

    func run() throws {
        let project = TinyProject(
            mergeEvery: clients, staleness: 0, width: width, layers: layers, heads: max(1, width / 64), context: 1024)
        let server = try ServerProcess(recipe: project.recipe, text: TinyProject.text, kept: nil)
        try server.start()
        let key = try ProjectFolder(path: server.data).signingKey().verifyingKey
        let template = try project.template(isZero: true)
        let all = try (0..<clients).map {
            try RoundClient($0, port: server.port, project: key, template: template)
        }
        try all.forEach { try $0.register() }
        var times: [Double] = []
        for round in 0...rounds {
            let start = ContinuousClock.now
            let failure = Mutex<(any Error)?>(nil)
            let group = DispatchGroup()
            for client in all {
                group.enter()
                Thread {
                    do {
                        try client.takePart()
                        // One is enough to see the end of the round.
                        if client === all[0] { try client.wait(for: round + 1) }
                    } catch {
                        failure.withLock { $0 = error }
                    }
                    group.leave()
                }.start()
            }
            group.wait()
            if let failure = failure.withLock(\.self) { throw failure }
            if round > 0 { times.append((ContinuousClock.now - start) / .seconds(1)) }
        }
        print(
            Figures(
                "rounds",
                [
                    "clients": "\(clients)", "megabytes": ThisProcess.megabytes(all[0].baseBytes).formatted(digits: 2),
                    "seconds": times.median.formatted(digits: 3),
                    "roundsPerSecond": (1 / times.median).formatted(digits: 2),
                    "slowest": (times.max() ?? .nan).formatted(digits: 3),
                    "serverProcessorSeconds": (server.processorSeconds / Double(rounds + 1)).formatted(digits: 3),
                    "serverPeakMegabytes": server.peakMegabytes.formatted(digits: 0),
                ]))
    }
}

/// A client with a connection of its own, on a thread of its own in each round.
private final class RoundClient: @unchecked Sendable {
    private let key: SigningKey
    private let project: ProjectID
    private let connection: HTTPConnection
    private var template: UpdateTemplate
    private(set) var baseBytes = 0

    init(_ number: Int, port: Int, project: ProjectID, template: UpdateTemplate) throws {
        key = TinyProject.hostKey(number)
        connection = try HTTPConnection(port: port)
        self.project = project
        self.template = template
    }

    func register() throws {
        let _: [String: String] = try post("hosts", TinyProject.registration(of: key, in: project))
    }

    /// Gets a unit and its base, and answers with zeros.
    func takePart() throws {
        let assignment = try work()
        baseBytes = assignment.base.bytes
        try download(assignment.base.weights, bytes: assignment.base.bytes)
        try download(assignment.unit, bytes: assignment.unitBytes)
        let update = template.update(of: assignment.unit, base: assignment.base.weights)
        guard update.count <= Delivery.maximumUpdateBytes else {
            throw RequestsFailure("\(update.count) bytes of zeros do not come with their submission")
        }
        let body = Submission(
            project: project, assignment: assignment.id, host: key.verifyingKey, unit: assignment.unit,
            update: Digest(of: update))
        let reply: DeliveryReply = try post(
            "submissions",
            Delivery(
                Signed(body, by: key, context: Submission.signingContext), trace: template.trace, update: update))
        guard reply.submission.verdict == .accepted else {
            throw RequestsFailure("not accepted: \(reply.submission.verdict)")
        }
    }

    func wait(for version: Int) throws {
        while try newestVersion() < version { Thread.sleep(forTimeInterval: 0.002) }
    }

    private func work() throws -> Assignment {
        while true {
            let request = WorkRequest(project: project, host: key.verifyingKey, stamp: RequestStamp(SystemClock.now()))
            let reply: WorkReply = try post("work", Signed(request, by: key, context: WorkRequest.signingContext))
            if case .assigned(let signed) = reply { return try signed.known() }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }

    private func newestVersion() throws -> Int {
        let (_, body) = try connection.exchange("GET", "/api/v1/checkpoints/latest")
        let signed = try CanonicalJSON.decodeMessage(Signed<CheckpointManifest>.self, from: Array(body))
        return try signed.known().version
    }

    private func download(_ digest: Digest, bytes: Int) throws {
        var hasher = DigestHasher()
        try connection.fetch("/api/v1/blobs/\(digest)", bytes: bytes) { hasher.update($0) }
        guard hasher.finish() == digest else { throw RequestsFailure("a blob that is not what its name says") }
    }

    private func post<Answer: Decodable>(_ path: String, _ message: some Encodable) throws -> Answer {
        let (status, body) = try connection.exchange(
            "POST", "/api/v1/\(path)", headers: "Content-Type: application/json\r\n",
            body: CanonicalJSON.encode(message))
        guard status == 200 else {
            throw RequestsFailure("\(path): \(status) \(String(decoding: body, as: UTF8.self))")
        }
        return try CanonicalJSON.decodeMessage(Answer.self, from: Array(body))
    }
}
