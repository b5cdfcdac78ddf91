import Synchronization
import WorkUnits

/// Blobs that live as long as the process: for tests and simulations.
public final class MemoryBlobStore: BlobStore {
    private struct Upload {
        let content: Digest
        let length: Int
        let begun: Timestamp
        var bytes: [UInt8] = []
    }

    private struct State {
        var blobs: [Digest: [UInt8]] = [:]
        var uploads: [Digest: Upload] = [:]

        /// The content of an upload that needs no more bytes, because they arrived or are a blob.
        func whole(_ ticket: Digest) -> [UInt8]? {
            guard let upload = uploads[ticket] else { return nil }
            if let blob = blobs[upload.content], blob.count == upload.length { return blob }
            return upload.bytes.count == upload.length ? upload.bytes : nil
        }

        func progress(of ticket: Digest) -> UploadState? {
            uploads[ticket].map {
                UploadState(ticket: ticket, offset: (whole(ticket) ?? $0.bytes).count, length: $0.length)
            }
        }
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Timestamp

    /// - Parameter now: tells when an upload was begun.
    public init(now: @escaping @Sendable () -> Timestamp = SystemClock.now) {
        self.now = now
    }

    public func open(_ digest: Digest) -> (any RandomAccessBytes)? {
        state.withLock { $0.blobs[digest] }
    }

    @discardableResult
    public func store(_ content: [UInt8]) -> Digest {
        let digest = Digest(of: content)
        state.withLock { $0.blobs[digest] = content }
        return digest
    }

    public func remove(_ digest: Digest) {
        state.withLock { $0.blobs[digest] = nil }
    }

    /// Memory has no files to take over.
    public func store(fileAt path: String, as digest: Digest) throws {
        throw UnreadableBytes(reason: "a store in memory has no file \(path)")
    }

    public func temporaryPath() throws -> String {
        throw UnreadableBytes(reason: "a store in memory has no files")
    }

    public func beginUpload(ticket: Digest, content: Digest, length: Int) -> UploadState {
        let begun = now()
        return state.withLock { state in
            if state.uploads[ticket].map({ $0.content == content && $0.length == length }) != true {
                state.uploads[ticket] = Upload(content: content, length: length, begun: begun)
            }
            return state.progress(of: ticket) ?? UploadState(ticket: ticket, offset: 0, length: length)
        }
    }

    public func uploadState(ticket: Digest) -> UploadState? {
        state.withLock { $0.progress(of: ticket) }
    }

    public func appendUpload(ticket: Digest, at offset: Int, _ bytes: [UInt8]) throws -> UploadState {
        try state.withLock { state in
            guard var upload = state.uploads[ticket], let durable = state.progress(of: ticket)?.offset else {
                throw UploadFailure.unknownTicket
            }
            guard offset == durable else { throw UploadFailure.wrongOffset(durable: durable) }
            guard bytes.count <= upload.length - offset else { throw UploadFailure.tooLong(announced: upload.length) }
            guard !bytes.isEmpty else { return UploadState(ticket: ticket, offset: durable, length: upload.length) }
            upload.bytes += bytes
            state.uploads[ticket] = upload
            if upload.bytes.count == upload.length {
                let received = Digest(of: upload.bytes)
                guard received == upload.content else {
                    state.uploads[ticket] = nil
                    throw UploadFailure.wrongDigest(announced: upload.content, received: received)
                }
            }
            return UploadState(ticket: ticket, offset: upload.bytes.count, length: upload.length)
        }
    }

    public func upload(ticket: Digest) -> (any RandomAccessBytes)? {
        state.withLock { $0.whole(ticket) }
    }

    public func keepUpload(ticket: Digest) throws {
        try state.withLock { state in
            guard let upload = state.uploads[ticket], let bytes = state.whole(ticket) else {
                throw UploadFailure.unknownTicket
            }
            state.blobs[upload.content] = bytes
        }
    }

    /// Uploads that are not removed yet.
    public var uploadCount: Int { state.withLock(\.uploads.count) }

    public func removeUpload(ticket: Digest) {
        state.withLock { $0.uploads[ticket] = nil }
    }

    public func removeUploads(begunBefore time: Timestamp, except tickets: Set<Digest>) {
        state.withLock { state in
            state.uploads = state.uploads.filter { $0.value.begun >= time || tickets.contains($0.key) }
        }
    }
}
