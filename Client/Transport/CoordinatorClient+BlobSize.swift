import WorkUnits

extension CoordinatorClient {
    /// The size of a blob, as the coordinator tells it.
    public func size(of digest: Digest) async throws(TransportFailure) -> Int {
        let request = HTTPRequest(method: .head, url: address("blobs/\(digest)"))
        return try await transport.exchange { (exchange) throws(TransportFailure) in
            let (head, body) = try exchange.perform(request)
            guard head.isSuccess else { throw .refused(head, body) }
            guard let size = head.number("content-length") else {
                throw .unexpected(url: request.url, reason: "it does not tell the blob's size")
            }
            return size
        }
    }

    /// Fetches a blob whose size the coordinator tells, if it is no larger than `limit`.
    public func download(_ digest: Digest, atMost limit: Int, to path: String) async throws(TransportFailure) {
        let bytes = try await size(of: digest)
        guard bytes <= limit else { throw .tooLarge(url: address("blobs/\(digest)"), limit: limit) }
        try await download(digest, bytes: bytes, to: path)
    }
}
