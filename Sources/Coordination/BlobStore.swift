import WorkUnits

/// Immutable, content-addressed bytes, and the uploads that may become such.
///
/// What `store`, `keepUpload` or an append has returned survives a crash: written to a temporary name, synced, renamed.
/// An upload's bytes are its ticket's alone until `keepUpload` makes them a blob: removing it takes from nobody else,
/// and nobody reads what was not judged.
public protocol BlobStore: Sendable {
    /// - Returns: nil when there is no such blob.
    func open(_ digest: Digest) throws -> (any RandomAccessBytes)?

    @discardableResult
    func store(_ content: [UInt8]) throws -> Digest

    /// Keeps content that the coordinator's store is about to name: readable at once, and durable with the next batch that
    /// the store commits, where `store` waits for the disk by itself.
    @discardableResult
    func hold(_ content: [UInt8]) throws -> Digest

    /// Takes over a file that was written beside the blobs (see `temporaryPath`), by renaming it.
    func store(fileAt path: String, as digest: Digest) throws

    /// Forgets a blob that `store` took, if it is there: only for what can be made again. After a crash it may be back.
    func remove(_ digest: Digest) throws

    /// A fresh path on the blobs' file system, for a file that will be stored.
    func temporaryPath() throws -> String

    /// Begins an upload, or finds it again. Complete at once when the blob is there, with this length.
    func beginUpload(ticket: Digest, content: Digest, length: Int) throws -> UploadState

    func uploadState(ticket: Digest) throws -> UploadState?

    /// Adds bytes at exactly the durable offset. With the last ones the upload is whole, and is the announced content.
    /// - Throws: `UploadFailure`.
    func appendUpload(ticket: Digest, at offset: Int, _ bytes: [UInt8]) throws -> UploadState

    /// The bytes of a whole upload; nil for one that is not whole, or unknown.
    func upload(ticket: Digest) throws -> (any RandomAccessBytes)?

    /// Makes a whole upload a blob. Doing so again changes nothing.
    /// - Throws: `UploadFailure.unknownTicket` unless the upload is whole.
    func keepUpload(ticket: Digest) throws

    /// Forgets an upload, whole or not; a blob that was made from it stays.
    func removeUpload(ticket: Digest) throws

    /// Forgets uploads that were begun before this time, but for some.
    func removeUploads(begunBefore time: Timestamp, except tickets: Set<Digest>) throws
}

extension BlobStore {
    @discardableResult
    public func hold(_ content: [UInt8]) throws -> Digest { try store(content) }
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
