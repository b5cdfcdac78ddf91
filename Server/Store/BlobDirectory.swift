import Coordination
import Foundation
import Synchronization
import WorkUnits

/// Blobs as files of a folder: `blobs/ab/abcdef…`, named by the SHA-256 of their content.
///
/// A blob is written under a temporary name, synced, and renamed; then the folder is synced. So a name that exists holds
/// the whole content, at any moment the machine may stop. Small ones that a transaction names are in its database.
public final class BlobDirectory: BlobStore {
    let folder: DataFolder
    private let small: SQLiteStore?
    /// No upload was begun before this time, so that forgetting old ones rarely has to look.
    ///
    /// Held while an upload changes.
    private let oldestUpload = Mutex(Timestamp(milliseconds: .min))
    private let temporaryCount = Atomic(0)

    /// - Parameter small: whose transactions take small blobs along; nil: every blob is a file.
    /// - Throws: `StoreFailure`, `FileFailure`, or `Refusal` when the disk is full.
    public init(in folder: DataFolder, small: SQLiteStore? = nil) throws {
        self.folder = folder
        self.small = small
        try StoreFailure.explaining {
            for name in ["blobs", "uploads", "temporary"] {
                try DurableFile.makeFolder("\(folder.path)/\(name)")
            }
            for name in try names(in: "\(folder.path)/temporary") {
                try DurableFile.remove("\(folder.path)/temporary/\(name)")
            }
        }
        try recoverUploads()
    }

    public func open(_ digest: Digest) throws -> (any RandomAccessBytes)? {
        let path = path(of: digest)
        if let blob = small?.recentBlob(digest) { return blob }
        if try DurableFile.size(path) != nil { return try FileBytes(path: path) }
        return try small?.blob(digest)
    }

    @discardableResult
    public func hold(_ content: [UInt8]) throws -> Digest {
        guard let small, content.count <= SQLiteStore.blobLimit else { return try store(content) }
        let digest = Digest(of: content)
        small.hold(content, as: digest)
        return digest
    }

    @discardableResult
    public func store(_ content: [UInt8]) throws -> Digest {
        let digest = Digest(of: content)
        guard try DurableFile.size(path(of: digest)) == nil else { return digest }
        try StoreFailure.explaining { try write(content, to: path(of: digest)) }
        return digest
    }

    public func store(fileAt path: String, as digest: Digest) throws {
        try StoreFailure.explaining { try DurableFile.publish(path, as: self.path(of: digest)) }
    }

    public func remove(_ digest: Digest) throws { try DurableFile.remove(path(of: digest)) }

    public func temporaryPath() throws -> String {
        let number = temporaryCount.wrappingAdd(1, ordering: .relaxed).newValue
        return "\(folder.path)/temporary/\(number)"
    }

    /// Changes uploads, one caller at a time.
    func withUploads<Value: Sendable>(_ change: (inout Timestamp) throws -> Value) throws -> Value {
        try oldestUpload.withLock { oldest in try StoreFailure.explaining { try change(&oldest) } }
    }

    /// Makes a file that is whole from the moment it has its name.
    func write(_ content: [UInt8], to target: String) throws {
        try DurableFile.write(content, to: target, through: temporaryPath(), permissions: 0o600)
    }

    /// Bytes in a blob, or nil when there is none.
    func size(of digest: Digest) throws -> Int? {
        try DurableFile.size(path(of: digest)) ?? small?.blob(digest)?.count
    }

    /// Names of what lies in a folder.
    func names(in path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path)
    }

    private func path(of digest: Digest) -> String {
        let name = digest.description
        return "\(folder.path)/blobs/\(name.prefix(2))/\(name)"
    }
}
