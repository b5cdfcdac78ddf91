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

    @Flag(help: "Clients keep their weights and fetch the step to the next version, as caravan-client does.")
    var steps = false

    func run() throws {
        let project = TinyProject(
            mergeEvery: clients, staleness: 0, width: width, layers: layers, heads: max(1, width / 64), context: 1024)
        let server = try ServerProcess(recipe: project.recipe, text: TinyProject.text, kept: nil)
        try server.start()
        let key = try ProjectFolder(path: server.data).signingKey().verifyingKey
        let template = try project.template(isZero: true)
        let all = try (0..<clients).map {
            try RoundClient(
                $0, port: server.port, project: key, template: template,
                folder: steps ? server.folder.appending(path: "client \($0)").path : nil)
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
                    "downloads": steps ? "steps" : "weights",
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
    /// Where it keeps the newest weights; nil where it only reads them.
    private let folder: String?
    private var held: CheckpointReference?

    init(_ number: Int, port: Int, project: ProjectID, template: UpdateTemplate, folder: String?) throws {
        key = TinyProject.hostKey(number)
        connection = try HTTPConnection(port: port)
        self.project = project
        self.template = template
        self.folder = folder
        if let folder { try DurableFile.makeFolder(folder) }
    }

    func register() throws {
        let _: [String: String] = try post("hosts", TinyProject.registration(of: key, in: project))
    }

    /// Gets a unit and its base, and answers with zeros.
    func takePart() throws {
        let assignment = try work()
        baseBytes = assignment.base.bytes
        try take(assignment.base)
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

    /// Reads the whole weights, or makes them by the step from those that it has.
    private func take(_ base: CheckpointReference) throws {
        guard let folder else { return try download(base.weights, bytes: base.bytes) }
        func path(_ version: Int) -> String { "\(folder)/\(version)" }
        guard let held, held.version == base.version - 1 else {
            try download(base.weights, bytes: base.bytes, to: path(base.version))
            self.held = base
            return
        }
        guard let step = try manifest("\(base.version)").step else { throw RequestsFailure("a version without a step") }
        let file = "\(folder)/step"
        try download(step.digest, bytes: step.bytes, to: file)
        guard try CheckpointStep.make(base, at: path(base.version), from: path(held.version), by: [file]) else {
            throw RequestsFailure("a step that leads elsewhere")
        }
        try DurableFile.remove(path(held.version))
        self.held = base
    }

    func wait(for version: Int) throws {
        while try manifest("latest").weights.version < version { Thread.sleep(forTimeInterval: 0.002) }
    }

    private func work() throws -> Assignment {
        while true {
            let request = WorkRequest(project: project, host: key.verifyingKey, stamp: RequestStamp(SystemClock.now()))
            let reply: WorkReply = try post("work", Signed(request, by: key, context: WorkRequest.signingContext))
            if case .assigned(let signed) = reply { return try signed.known() }
            Thread.sleep(forTimeInterval: 0.002)
        }
    }

    private func manifest(_ version: String) throws -> CheckpointManifest {
        let (_, body) = try connection.exchange("GET", "/api/v1/checkpoints/\(version)")
        return try CanonicalJSON.decodeMessage(Signed<CheckpointManifest>.self, from: Array(body)).known()
    }

    /// - Parameter path: of the file that it becomes; nil for none.
    private func download(_ digest: Digest, bytes: Int, to path: String? = nil) throws {
        var hasher = DigestHasher()
        if let path { FileManager.default.createFile(atPath: path, contents: nil) }
        let file = path.flatMap(FileHandle.init(forWritingAtPath:))
        try connection.fetch("/api/v1/blobs/\(digest)", bytes: bytes) { piece in
            hasher.update(piece)
            try file?.write(contentsOf: piece)
        }
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
