import Foundation

/// A connection to a server on this machine: one request at a time, kept open, never waiting.
///
/// Only what the load generator needs of HTTP/1.1: answers have a `Content-Length`.
final class HTTPConnection {
    let descriptor: Int32
    private var output: [UInt8] = []
    private var written = 0
    private var input: [UInt8] = []

    /// - Parameter port: of 127.0.0.1.
    init(port: Int) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        address.sin_port = UInt16(port).bigEndian
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { throw RequestsFailure("cannot connect to port \(port)") }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close(descriptor) }

    var isWriting: Bool { written < output.count }

    func send(_ method: String, _ path: String, headers: String = "", body: [UInt8]) throws {
        output.removeAll(keepingCapacity: true)
        output +=
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(headers)Content-Length: \(body.count)\r\n\r\n".utf8
        output += body
        written = 0
        try write()
    }

    /// Writes what the system takes now.
    func write() throws {
        while isWriting {
            let count = output.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else {
                if errno == EAGAIN { return }
                throw RequestsFailure("the server closed a connection")
            }
            written += count
        }
    }

    /// Reads what has come.
    ///
    /// - Returns: an answer, once it is whole.
    func read() throws -> (status: Int, body: ArraySlice<UInt8>)? {
        let start = input.count
        var count = 0
        input.append(contentsOf: repeatElement(0, count: 1 << 16))
        count = input.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress?.advanced(by: start), 1 << 16, 0) }
        let code = errno
        input.removeLast(1 << 16 - max(0, count))
        guard count > 0 else {
            if count < 0, code == EAGAIN { return nil }
            throw RequestsFailure("the server closed a connection")
        }
        return try answer()
    }

    /// Sends a request and waits for the whole answer.
    func exchange(
        _ method: String, _ path: String, headers: String = "", body: [UInt8] = []
    ) throws -> (status: Int, body: ArraySlice<UInt8>) {
        try send(method, path, headers: headers, body: body)
        while true {
            try wait(for: isWriting ? POLLOUT : POLLIN)
            try write()
            if !isWriting, let answer = try read() { return answer }
        }
    }

    /// Fetches a body that is too large to keep.
    ///
    /// - Parameter take: called with its pieces, in order.
    func fetch(_ path: String, bytes: Int, take: (UnsafeRawBufferPointer) throws -> Void) throws {
        try send("GET", path, body: [])
        var head: [UInt8] = []
        var rest = bytes
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while rest > 0 {
            try wait(for: POLLIN)
            let count = piece.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            guard count > 0 || errno == EAGAIN else { throw RequestsFailure("the server closed a connection") }
            var start = 0
            while rest == bytes, start < count, !head.suffix(4).elementsEqual("\r\n\r\n".utf8) {
                head.append(piece[start])
                start += 1
            }
            guard start < count else { continue }
            guard head.starts(with: "HTTP/1.1 200".utf8), count - start <= rest else {
                throw RequestsFailure("\(path): \(String(decoding: head, as: UTF8.self))")
            }
            try piece.withUnsafeBytes { try take(UnsafeRawBufferPointer(rebasing: $0[start..<count])) }
            rest -= count - start
        }
    }

    private func wait(for events: Int32) throws {
        var waiting = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard poll(&waiting, 1, 60_000) > 0 || errno == EINTR else { throw RequestsFailure("no answer for a minute") }
    }

    private func answer() throws -> (status: Int, body: ArraySlice<UInt8>)? {
        let end = Array("\r\n\r\n".utf8)
        guard
            let head = input.indices.dropLast(3).first(where: {
                input[$0] == 13 && input[$0..<$0 + 4].elementsEqual(end)
            })
        else { return nil }
        let lines = String(decoding: input[..<head], as: UTF8.self).split(separator: "\r\n")
        let length = lines.first { $0.lowercased().hasPrefix("content-length:") }?.split(separator: " ").last
        guard let status = lines[0].split(separator: " ").dropFirst().first.flatMap({ Int($0) }),
            let length = length.flatMap({ Int($0) })
        else { throw RequestsFailure("an answer without status or length") }
        guard input.count >= head + 4 + length else { return nil }
        let body = input[(head + 4)..<(head + 4 + length)]
        input.removeAll(keepingCapacity: true)
        return (status, body)
    }
}
