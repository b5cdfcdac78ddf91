import Foundation
import WorkUnits

extension CoordinatorClient {
    /// Fetches a blob of known size into a file, continuing from `path.part` where an earlier download stopped.
    ///
    /// The file appears under its name only when it is whole, has the digest, and is durable.
    /// - Parameter progress: called with the bytes that are there, on the transfer's thread.
    public func download(
        _ digest: Digest, bytes: Int, to path: String, progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(TransportFailure) {
        let request = HTTPRequest(method: .get, url: address("blobs/\(digest)"))
        try await transport.exchange { (exchange) throws(TransportFailure) in
            let part = try PartialFile(path: path + ".part")
            if part.size > bytes { try part.truncate() }
            if part.size < bytes {
                progress(part.size)
                try exchange.fetch(request, upTo: bytes, into: part, progress: progress)
            }
            guard part.size == bytes else {
                throw .interrupted(url: request.url, reason: "it sent \(part.size) of \(bytes) bytes")
            }
            let received = try part.digest()
            guard received == digest else {
                try part.remove()
                throw .wrongDigest(expected: digest, received: received)
            }
            try part.publish(as: path)
        }
    }
}

extension Exchange {
    fileprivate func fetch(
        _ request: HTTPRequest, upTo bytes: Int, into part: PartialFile, progress: @escaping (Int) -> Void
    ) throws(TransportFailure) {
        var request = request
        let start = part.size
        if start > 0 { request.headers["Range"] = "bytes=\(start)-" }
        var refusal: [UInt8] = []
        var isFirst = true
        let head = try perform(request) { (head, piece) throws(TransportFailure) in
            guard head.status == 200 || head.status == 206 else {
                refusal.append(contentsOf: piece.prefix(1 << 16 - refusal.count))
                return
            }
            if isFirst {
                isFirst = false
                try part.prepare(for: head, from: start, of: bytes, url: request.url)
            }
            guard piece.count <= bytes - part.size else { throw .tooLarge(url: request.url, limit: bytes) }
            try part.append(piece)
            progress(part.size)
        }
        switch head.status {
        case 200, 206: return
        // The part is no beginning of this blob.
        case 416:
            try part.truncate()
            throw .unexpected(url: request.url, reason: "the blob is shorter than announced")
        default: throw .refused(head, refusal)
        }
    }
}

extension PartialFile {
    /// Makes the file continue where the answer begins: the whole blob for 200, its rest for 206.
    fileprivate func prepare(for head: HTTPHead, from start: Int, of bytes: Int, url: String) throws(TransportFailure) {
        if head.status == 200 {
            try truncate()
        } else if head.headers["content-range"] != "bytes \(start)-\(bytes - 1)/\(bytes)" {
            throw .unexpected(
                url: url, reason: "it was asked for bytes from \(start) of \(bytes) and sent others")
        }
    }
}
