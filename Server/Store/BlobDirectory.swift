import Coordination
import Foundation
import Synchronization
import WorkUnits

/// Blobs as files of a folder: `blobs/ab/abcdef…`, named by the SHA-256 of their content.
///
/// A blob is written under a temporary name, synced, and renamed; then the folder is synced. So a name that exists holds
/// the whole content, at any moment the machine may stop.
public final class BlobDirectory: BlobStore {
    let folder: DataFolder
    /// No upload was begun before this time, so that forgetting old ones rarely has to look.
    ///
    /// Held while an upload changes.
    private let oldestUpload = Mutex(Timestamp(milliseconds: .min))
    private let temporaryCount = Atomic(0)

    /// - Throws: `StoreFailure`, `FileFailure`, or `Refusal` when the disk is full.
    public init(in folder: DataFolder) throws {
        self.folder = folder
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
        return try DurableFile.size(path).map { _ in try FileBytes(path: path) }
    }

    @discardableResult
    public func store(_ content: [UInt8]) throws -> Digest {
        let digest = Digest(of: content)
        guard try size(of: digest) == nil else { return digest }
        try StoreFailure.explaining { try write(content, to: path(of: digest)) }
        return digest
    }

    public func store(fileAt path: String, as digest: Digest) throws {
        try StoreFailure.explaining { try DurableFile.publish(path, as: self.path(of: digest)) }
    }

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
        try DurableFile.size(path(of: digest))
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
