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
            if state.blobs[content]?.count == length {
                return UploadState(ticket: ticket, offset: length, length: length)
            }
            let upload = state.uploads[ticket] ?? Upload(content: content, length: length, begun: begun)
            state.uploads[ticket] = upload
            return UploadState(ticket: ticket, offset: upload.bytes.count, length: length)
        }
    }

    public func uploadState(ticket: Digest) -> UploadState? {
        state.withLock { state in
            state.uploads[ticket].map { UploadState(ticket: ticket, offset: $0.bytes.count, length: $0.length) }
        }
    }

    public func appendUpload(ticket: Digest, at offset: Int, _ bytes: [UInt8]) throws -> UploadState {
        try state.withLock { state in
            guard var upload = state.uploads[ticket] else { throw UploadFailure.unknownTicket }
            guard offset == upload.bytes.count else { throw UploadFailure.wrongOffset(durable: upload.bytes.count) }
            guard bytes.count <= upload.length - offset else { throw UploadFailure.tooLong(announced: upload.length) }
            upload.bytes += bytes
            state.uploads[ticket] = upload
            if upload.bytes.count == upload.length {
                let received = Digest(of: upload.bytes)
                guard received == upload.content else {
                    state.uploads[ticket] = nil
                    throw UploadFailure.wrongDigest(announced: upload.content, received: received)
                }
                state.blobs[received] = upload.bytes
            }
            return UploadState(ticket: ticket, offset: upload.bytes.count, length: upload.length)
        }
    }

    public func removeUploads(begunBefore time: Timestamp) {
        state.withLock { state in
            state.uploads = state.uploads.filter { $0.value.begun >= time }
        }
    }
}
