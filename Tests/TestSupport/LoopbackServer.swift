import Foundation
import Synchronization

/// A small HTTP server on a free loopback port, which answers as a test tells it to: also wrongly, or not at all.
public final class LoopbackServer: Sendable {
    public struct Request: Sendable {
        public var method: String
        /// With the query.
        public var path: String
        /// Names in lowercase.
        public var headers: [String: String]
        public var body: [UInt8]
    }

    public struct Answer: Sendable {
        public var status: Int
        public var headers: [String: String]
        public var body: [UInt8]
        /// Closes the connection after so many bytes of the body; the head promises all of them.
        public var breaksAfter: Int?

        public init(
            _ status: Int = 200, headers: [String: String] = [:], body: [UInt8] = [], breaksAfter: Int? = nil
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.breaksAfter = breaksAfter
        }

        public static func text(_ text: String, status: Int = 200) -> Answer {
            Answer(status, body: Array(text.utf8))
        }

        public static func json(_ value: some Encodable, status: Int = 200) throws -> Answer {
            Answer(status, body: Array(try JSONEncoder().encode(value)))
        }
    }

    public let port: UInt16
    private let listener: Int32
    private let state = Mutex(State())

    private struct State {
        var requests: [Request] = []
        var connections: Set<Int32> = []
        var isClosed = false
    }

    /// - Parameter answer: nil leaves the request without an answer, with the connection open.
    public init(_ answer: @escaping @Sendable (Request) throws -> Answer?) throws {
        (listener, port) = try Self.listen()
        Thread { [listener, weak self] in
            // Closed by the thread that uses it, and not before: its number may belong to another server at once.
            defer { close(listener) }
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0 { return }
                guard let self, self.keep(connection) else {
                    close(connection)
                    return
                }
                Thread { [weak self] in
                    guard let request = Self.read(connection) else { return }
                    self?.state.withLock { $0.requests.append(request) }
                    guard let given = try? answer(request) else { return }
                    Self.write(given, to: connection, isHead: request.method == "HEAD")
                    self?.end(connection)
                }.start()
            }
        }.start()
    }

    deinit { stop() }

    public var url: String { "http://127.0.0.1:\(port)" }

    /// What has been asked so far.
    public var requests: [Request] { state.withLock { $0.requests } }

    /// Closes the port and every connection.
    public func stop() {
        state.withLock { state in
            if state.isClosed { return }
            state.isClosed = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
        }
    }

    private func keep(_ connection: Int32) -> Bool {
        state.withLock { state in
            if !state.isClosed { state.connections.insert(connection) }
            return !state.isClosed
        }
    }

    private func end(_ connection: Int32) {
        state.withLock { _ = $0.connections.remove(connection) }
        shutdown(connection, Int32(SHUT_RDWR))
        close(connection)
    }
}

extension LoopbackServer {
    private static func listen() throws -> (socket: Int32, port: UInt16) {
        signal(SIGPIPE, SIG_IGN)
        #if canImport(Darwin)
        let listener = socket(AF_INET, SOCK_STREAM, 0)
        #else
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #endif
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && Foundation.listen(listener, 64) == 0
                    && getsockname(listener, address, &size) == 0
            }
        }
        guard result else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
        return (listener, UInt16(bigEndian: address.sin_port))
    }

    /// - Returns: nil when the connection ends before the request does.
    private static func read(_ connection: Int32) -> Request? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        let end = Array("\r\n\r\n".utf8)
        func more() -> Bool {
            let count = recv(connection, &buffer, buffer.count, 0)
            if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
            return count > 0
        }
        var head: Range<Int>?
        while head == nil {
            guard more() else { return nil }
            head = bytes.firstRange(of: end)
        }
        guard let head else { return nil }
        let lines = String(decoding: bytes[..<head.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let words = lines[0].split(separator: " ")
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while bytes.count - head.upperBound < length {
            guard more() else { return nil }
        }
        return Request(
            method: String(words[0]), path: String(words[1]), headers: headers, body: Array(bytes[head.upperBound...]))
    }

    private static func write(_ answer: Answer, to connection: Int32, isHead: Bool) {
        var headers = answer.headers
        headers["Connection"] = "close"
        if headers["Content-Length"] == nil { headers["Content-Length"] = "\(answer.body.count)" }
        let lines = ["HTTP/1.1 \(answer.status) Test"] + headers.map { "\($0): \($1)" }
        var bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        if !isHead { bytes += answer.body.prefix(answer.breaksAfter ?? .max) }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { send(connection, $0.baseAddress, $0.count, 0) }
            if count <= 0 { return }
            sent += count
        }
    }
}
