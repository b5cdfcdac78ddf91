import WorkUnits

/// Immutable, content-addressed bytes, and the uploads that are about to become such.
///
/// What `store` or a completed `append` has returned survives a crash: written to a temporary name, synced, renamed.
public protocol BlobStore: Sendable {
    /// - Returns: nil when there is no such blob.
    func open(_ digest: Digest) throws -> (any RandomAccessBytes)?

    @discardableResult
    func store(_ content: [UInt8]) throws -> Digest

    /// Takes over a file that was written beside the blobs (see `temporaryPath`), by renaming it.
    func store(fileAt path: String, as digest: Digest) throws

    /// A fresh path on the blobs' file system, for a file that will be stored.
    func temporaryPath() throws -> String

    /// Begins an upload, or finds it again. Complete at once when the blob is there, with this length.
    func beginUpload(ticket: Digest, content: Digest, length: Int) throws -> UploadState

    func uploadState(ticket: Digest) throws -> UploadState?

    /// Adds bytes at exactly the durable offset. The last ones turn the upload into the blob `content`.
    /// - Throws: `UploadFailure`.
    func appendUpload(ticket: Digest, at offset: Int, _ bytes: [UInt8]) throws -> UploadState

    /// Forgets uploads that were begun before this time and not finished.
    func removeUploads(begunBefore time: Timestamp) throws
}

public enum UploadFailure: Error, Hashable, Sendable {
    case unknownTicket
    /// The bytes do not continue where the upload stands.
    case wrongOffset(durable: Int)
    /// More bytes than announced.
    case tooLong(announced: Int)
    /// All bytes arrived and are not the announced content; the upload was dropped and can begin again.
    case wrongDigest(announced: Digest, received: Digest)
}
