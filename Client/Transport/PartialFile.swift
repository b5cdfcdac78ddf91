import Foundation
import WorkUnits

/// The beginning of a download, which survives interruptions. Owned by one exchange.
final class PartialFile {
    private let path: String
    private let file: Int32
    private(set) var size: Int

    init(path: String) throws(TransportFailure) {
        file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .file(FileFailure("create", path)) }
        self.path = path
        size = Int(lseek(file, 0, SEEK_END))
    }

    deinit {
        close(file)
    }

    func truncate() throws(TransportFailure) {
        guard ftruncate(file, 0) == 0 else { throw .file(FileFailure("truncate", path)) }
        size = 0
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(TransportFailure) {
        do {
            try DurableFile.append(bytes, to: file, path: path)
        } catch {
            throw .file(error)
        }
        size += bytes.count
    }

    /// Of everything that is there.
    func digest() throws(TransportFailure) -> Digest {
        do {
            return try FileDigest.read(path).digest
        } catch {
            throw .file(error)
        }
    }

    func remove() {
        unlink(path)
    }

    func publish(as final: String) throws(TransportFailure) {
        do {
            try DurableFile.publish(path, as: final)
        } catch {
            throw .file(error)
        }
    }
}
