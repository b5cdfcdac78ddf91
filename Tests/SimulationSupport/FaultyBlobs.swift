import Coordination
import Synchronization
import WorkUnits

/// Blobs of a process that can die while it removes some.
public final class FaultyBlobs: BlobStore {
    /// The process is dead.
    public struct Failed: Error {}

    private let blobs: any BlobStore
    private let removalsLeft = Mutex(Int.max)

    public init(_ blobs: any BlobStore) {
        self.blobs = blobs
    }

    /// Lets so many removals be done, and none after them.
    public func failRemovals(after count: Int) {
        removalsLeft.withLock { $0 = count }
    }

    public func remove(_ digest: Digest) throws {
        let left = removalsLeft.withLock { left in
            defer { left = max(0, left - 1) }
            return left
        }
        guard left > 0 else { throw Failed() }
        try blobs.remove(digest)
    }

    public func open(_ digest: Digest) throws -> (any RandomAccessBytes)? { try blobs.open(digest) }
    public func store(_ content: [UInt8]) throws -> Digest { try blobs.store(content) }
    public func hold(_ content: [UInt8]) throws -> Digest { try blobs.hold(content) }
    public func store(fileAt path: String, as digest: Digest) throws { try blobs.store(fileAt: path, as: digest) }
    public func temporaryPath() throws -> String { try blobs.temporaryPath() }
    public func beginUpload(ticket: Digest, content: Digest, length: Int) throws -> UploadState {
        try blobs.beginUpload(ticket: ticket, content: content, length: length)
    }
    public func uploadState(ticket: Digest) throws -> UploadState? { try blobs.uploadState(ticket: ticket) }
    public func appendUpload(ticket: Digest, at offset: Int, _ bytes: [UInt8]) throws -> UploadState {
        try blobs.appendUpload(ticket: ticket, at: offset, bytes)
    }
    public func upload(ticket: Digest) throws -> (any RandomAccessBytes)? { try blobs.upload(ticket: ticket) }
    public func keepUpload(ticket: Digest) throws { try blobs.keepUpload(ticket: ticket) }
    public func removeUpload(ticket: Digest) throws { try blobs.removeUpload(ticket: ticket) }
    public func removeUploads(begunBefore time: Timestamp, except tickets: Set<Digest>) throws {
        try blobs.removeUploads(begunBefore: time, except: tickets)
    }
}
