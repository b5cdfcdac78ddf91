import WorkUnits

extension CoordinatorClient {
    /// The most bytes of one `PATCH`.
    public static let uploadPiece = 4 << 20

    /// Announces a file and sends what the coordinator does not have of it yet.
    ///
    /// - Parameter progress: called with the bytes that the coordinator has, on the transfer's thread.
    public func upload(
        _ path: String, _ announcement: Signed<UploadAnnouncement>,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws(TransportFailure) {
        var state = try await announceUpload(announcement)
        let file = try TransportFailure.wrapping(TransportFailure.unreadable, try FileBytes(path: path))
        guard file.count == state.length else {
            throw .unexpected(
                url: url, reason: "it expects \(state.length) bytes of an update that has \(file.count)")
        }
        // A coordinator that crashed may know less than it told before; one that goes back again and again is broken.
        var stepsBack = 0
        while !state.isComplete {
            progress(state.offset)
            let (offset, count) = (state.offset, min(Self.uploadPiece, state.length - state.offset))
            let piece = try TransportFailure.wrapping(
                TransportFailure.unreadable, try file.read(count, at: offset))
            let next = try await send(piece, of: state)
            stepsBack += next.offset > state.offset ? 0 : 1
            guard next.length == state.length, stepsBack <= 3 else {
                throw .unexpected(url: url, reason: "the upload does not get past byte \(state.offset)")
            }
            state = next
        }
        progress(state.length)
    }

    /// Sends one piece; when that is interrupted, asks how much of it arrived.
    private func send(_ piece: [UInt8], of state: UploadState) async throws(TransportFailure) -> UploadState {
        do {
            return try await sendUpload(state.ticket, at: state.offset, piece)
        } catch .interrupted(let url, let reason) {
            let durable = try await uploadState(state.ticket)
            guard durable.offset > state.offset else { throw .interrupted(url: url, reason: reason) }
            return durable
        }
    }

    func sendUpload(
        _ ticket: Digest, at offset: Int, _ bytes: [UInt8], _ exchange: Exchange
    ) throws(TransportFailure) -> UploadState {
        let request = HTTPRequest(
            method: .patch, url: address("uploads/\(ticket)"),
            headers: ["Content-Type": "application/offset+octet-stream", "Upload-Offset": "\(offset)"], body: bytes)
        let (head, body) = try exchange.perform(request)
        if head.status == 409, head.number("upload-offset") != nil {
            return try uploadState(ticket, exchange)
        }
        guard head.isSuccess else { throw .refused(head, body) }
        let state: UploadState = try exchange.decode(body, from: request.url)
        return try checked(state, of: ticket, url: request.url)
    }

    func uploadState(_ ticket: Digest, _ exchange: Exchange) throws(TransportFailure) -> UploadState {
        let request = HTTPRequest(method: .head, url: address("uploads/\(ticket)"))
        let (head, body) = try exchange.perform(request)
        guard head.isSuccess else { throw .refused(head, body) }
        guard let offset = head.number("upload-offset"), let length = head.number("upload-length") else {
            throw .unexpected(url: request.url, reason: "it does not tell where the upload stands")
        }
        let state = UploadState(ticket: ticket, offset: offset, length: length)
        return try checked(state, of: ticket, url: request.url)
    }

    func checked(
        _ state: UploadState, of ticket: Digest, url: String
    ) throws(TransportFailure) -> UploadState {
        guard state.ticket == ticket, state.offset >= 0, state.offset <= state.length else {
            throw .unexpected(url: url, reason: "it tells an impossible offset")
        }
        return state
    }
}
