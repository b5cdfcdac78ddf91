import ArgumentParser
import Coordination
import Foundation
import HTTPServer
import Hosting
import Logging
import Recipes
import ServiceLifecycle
import Store
import UnixSignals
import WorkUnits

/// `caravan-server run`: prepares the project the first time, then serves it until it is told to stop.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prepares a project from its recipe, or continues it, and serves volunteers.")

    @Argument(help: "The recipe, a YAML file. Not needed to continue a project that was prepared before.")
    var recipe: String?

    @Option(help: "Where the project lives: its key, ledger, checkpoints and blobs. Back it up.")
    var folder: String

    @Option(help: "The address to listen on. Volunteers on other computers need 0.0.0.0 or a public address.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen on; 0 takes a free one, and another one, so another URL, at the next start.")
    var port = 8650

    @Option(help: "The most connections at the same time; further ones wait. Each may need two open files.")
    var connections = CoordinatorServer.defaultConnections

    @Option(help: "A file that receives the server's URL once it listens, for scripts.")
    var urlFile: String?

    @Flag(help: "Stop when the standard input ends, as it does when whoever started the server is gone.")
    var untilEndOfInput = false

    @Flag(help: "Log every request.")
    var verbose = false

    func validate() throws {
        guard (0...65_535).contains(port) else { throw ValidationError("--port \(port) is not between 0 and 65535") }
        guard connections > 0 else { throw ValidationError("--connections \(connections) is not at least 1") }
    }

    func run() async throws {
        let logger = makeLogger()

        let data = try DataFolder(path: folder)
        let store = try SQLiteStore(in: data)
        let blobs = try BlobDirectory(in: data, small: store)
        let projectFolder = ProjectFolder(path: folder)
        let key = try projectFolder.signingKey()
        let project = try HostedProject.open(projectFolder, recipePath: recipe, key: key, blobs: blobs) { line in
            logger.info("\(line)")
        }
        let coordinator = try await Coordinator(
            store: store, blobs: blobs,
            services: Workshop(project, key: key, blobs: blobs) { logger.info("\($0)") }, key: key,
            description: project.description, policy: project.recipe.policy,
            snapshotEvery: project.recipe.federation.snapshotEvery, genesis: project.genesis,
            now: SystemClock.now, report: { logger.error("the coordinator failed", metadata: ["reason": "\($0)"]) })
        let server = CoordinatorServer(
            coordinator: coordinator, host: host, port: port, maximumConnections: connections, logger: logger
        ) { boundPort in
            await announce(port: boundPort, project: key.verifyingKey, logger)
        }
        if untilEndOfInput { EndOfInput.terminates() }
        try await ServiceGroup(
            services: [
                CoordinatorService(coordinator: coordinator),
                OrderService(orders: Orders(of: projectFolder), coordinator: coordinator, logger: logger), server,
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger
        ).run()
    }

    private func makeLogger() -> Logger {
        var logger = Logger(label: "caravan-server")
        logger.logLevel = verbose ? .debug : .info
        return logger
    }

    private func announce(port: Int, project: ProjectID, _ logger: Logger) async {
        let url = CoordinatorServer.url(host: host, port: port)
        logger.info("serving", metadata: ["url": "\(url)", "project": "\(project)"])
        guard let urlFile else { return }
        do {
            try DurableFile.write(Array((url + "\n").utf8), to: urlFile)
        } catch {
            logger.error("the URL could not be written", metadata: ["error": "\(error)"])
        }
    }
}

/// The coordinator's own work beside the requests, until the server is asked to stop.
private struct CoordinatorService: Service {
    let coordinator: Coordinator

    func run() async throws {
        await cancelWhenGracefulShutdown { await coordinator.run() }
    }
}

/// Looks for what the project's people decided, until the server is asked to stop.
private struct OrderService: Service {
    let orders: Orders
    let coordinator: Coordinator
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await orders.deliver(to: coordinator) { logger.info("order", metadata: ["what": "\($0)"]) }
                } catch {
                    logger.error("an order cannot be done now", metadata: ["reason": "\(error)"])
                }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
