import WorkUnits

/// The beginning of a download, which survives interruptions. Owned by one exchange.
final class PartialFile {
    private var file: DurableFile

    init(path: String) throws(TransportFailure) {
        file = try TransportFailure.wrapping(TransportFailure.file, try DurableFile(path: path))
    }

    var size: Int { file.size }

    func truncate() throws(TransportFailure) {
        try TransportFailure.wrapping(TransportFailure.file, try file.truncate(to: 0))
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws(TransportFailure) {
        try TransportFailure.wrapping(TransportFailure.file, try file.append(bytes))
    }

    /// Of everything that is there.
    func digest() throws(TransportFailure) -> Digest {
        try TransportFailure.wrapping(TransportFailure.unreadable, try FileDigest.read(file.path).digest)
    }

    func remove() throws(TransportFailure) {
        try TransportFailure.wrapping(TransportFailure.file, try DurableFile.remove(file.path))
    }

    func publish(as final: String) throws(TransportFailure) {
        try TransportFailure.wrapping(TransportFailure.file, try DurableFile.publish(file.path, as: final))
    }
}
