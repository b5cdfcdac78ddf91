import Coordination
import Hummingbird
import WorkUnits

/// A blob as an answer: whole or a part, streamed in pieces, cached for ever because its name is its content.
struct BlobReply {
    let digest: Digest
    let blob: any RandomAccessBytes
    /// Told how many bytes went out, once, also when the connection broke.
    let count: @Sendable (Int) async -> Void

    /// The most bytes in memory for one connection.
    static let pieceBytes = 256 << 10

    private var tag: String { "\"\(digest)\"" }

    func response(to request: Request) -> Response {
        var headers: HTTPFields = [
            .eTag: tag, .cacheControl: "public, max-age=31536000, immutable", .acceptRanges: "bytes",
            .contentType: "application/octet-stream", .xContentTypeOptions: "nosniff",
        ]
        if isNamed(in: request.headers[.ifNoneMatch]) {
            return Response(status: .notModified, headers: headers)
        }
        guard request.method == .get else {
            headers[.contentLength] = String(blob.count)
            return Response(status: .ok, headers: headers)
        }
        let isSame = request.headers[.ifRange].map { $0 == tag } ?? true
        switch isSame ? ByteRange(request.headers[.range], of: blob.count) : .whole {
        case .whole:
            return Response(status: .ok, headers: headers, body: body(0..<blob.count))
        case .part(let range):
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(blob.count)"
            return Response(status: .partialContent, headers: headers, body: body(range))
        case .unsatisfiable:
            let refusal = ErrorReply(
                code: "range-not-satisfiable", message: "the blob has \(blob.count) bytes: ask for some of those")
            return .json(refusal, status: .rangeNotSatisfiable, headers: [.contentRange: "bytes */\(blob.count)"])
        }
    }

    /// Every write waits until the connection has taken the piece before.
    private func body(_ range: Range<Int>) -> ResponseBody {
        ResponseBody(contentLength: range.count) { [blob, count] writer in
            var sent = 0
            do {
                while sent < range.count {
                    let bytes = try blob.read(min(Self.pieceBytes, range.count - sent), at: range.lowerBound + sent)
                    try await writer.write(ByteBuffer(bytes: bytes))
                    sent += bytes.count
                }
                try await writer.finish(nil)
            } catch {
                await count(sent)
                throw error
            }
            await count(sent)
        }
    }

    /// Whether a list of tags has this blob's, weak or strong, or stands for any.
    private func isNamed(in tags: String?) -> Bool {
        (tags ?? "").split(separator: ",").map { $0.trimming(while: \.isWhitespace) }.contains {
            $0 == "*" || $0 == tag || $0 == "W/\(tag)"
        }
    }
}
