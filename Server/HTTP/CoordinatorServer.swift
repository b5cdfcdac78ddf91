import Coordination
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Serves a coordinator over HTTP, until it is asked to stop: then it finishes the requests that it has begun.
public struct CoordinatorServer: Service {
    private let coordinator: Coordinator
    private let host: String
    private let port: Int
    private let maximumConnections: Int
    private let logger: Logger
    private let onListening: @Sendable (Int) async -> Void

    /// Two open files for each, a connection and what it downloads, stay below the 1024 that a process usually may have.
    public static let defaultConnections = 400

    /// - Parameters:
    ///   - coordinator: what answers.
    ///   - host: the address to listen at; `0.0.0.0` for all.
    ///   - port: 0 for any free one.
    ///   - maximumConnections: served at the same time; further ones wait until one of those is closed.
    ///   - logger: told of every failure; of refusals at debug.
    ///   - onListening: told the port, once it takes connections.
    public init(
        coordinator: Coordinator, host: String, port: Int, maximumConnections: Int = Self.defaultConnections,
        logger: Logger,
        onListening: @escaping @Sendable (Int) async -> Void
    ) {
        self.coordinator = coordinator
        self.host = host
        self.port = port
        self.maximumConnections = maximumConnections
        self.logger = logger
        self.onListening = onListening
    }

    /// - Throws: `ListeningFailure` when it cannot listen there.
    public func run() async throws {
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListeningFailure(error, host: host, port: port)
        }
    }

    package var application: some ApplicationProtocol {
        Application(
            router: Routes(coordinator: coordinator).router(),
            // A connection on which nothing arrives for so long is closed.
            server: .http1(configuration: .init(idleTimeout: .seconds(60))),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(maximumConnections, logger: logger)),
            onServerRunning: { [onListening] channel in await onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    /// How a program on the same computer reaches a server: an address for all its addresses is not one to connect to,
    /// and an IPv6 address stands in brackets (RFC 3986, section 3.2.2).
    public static func url(host: String, port: Int) -> String {
        let name =
            switch host {
            case "0.0.0.0": "127.0.0.1"
            case "::": "::1"
            default: host
            }
        return "http://\(name.contains(":") ? "[\(name)]" : name):\(port)"
    }

    /// Every method and path that is answered, such as `GET /api/v1/blobs/{digest}`.
    package var routes: [String] {
        Routes(coordinator: coordinator).router().routes.map(\.description)
    }
}

/// Why a server cannot listen, and what to do.
public struct ListeningFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ error: IOError, host: String, port: Int) {
        description =
            switch error.errnoCode {
            case EADDRINUSE:
                "port \(port) of \(host) is in use: stop the program that uses it, or choose another port (0: any free one)"
            case EACCES:
                "port \(port) needs permission: choose one above 1023"
            case EADDRNOTAVAIL:
                "this computer has no address \(host): listen at 127.0.0.1, or at 0.0.0.0 for all its addresses"
            default:
                "cannot listen at port \(port) of \(host): \(error)"
            }
    }
}
