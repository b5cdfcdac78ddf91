import WorkUnits

/// A file that grows by small pieces, through a buffer.
final class BucketFile {
    private static let bufferBytes = 1 << 16

    private var file: DurableFile
    private var isSynced = true
    private var buffer: [UInt8] = []

    /// Opens the file and cuts it to `size`: what came later was never acknowledged.
    init(path: String, size: Int) throws {
        file = try DurableFile(path: path)
        guard file.size >= size else {
            throw DatasetFailure.damaged(file: path, reason: "it is shorter than when it was saved")
        }
        try file.truncate(to: size)
    }

    /// Bytes appended so far, on the disk or on their way.
    var size: Int { file.size + buffer.count }

    func append(_ bytes: [UInt8]) throws(FileFailure) {
        isSynced = false
        buffer += bytes
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    func flush() throws(FileFailure) {
        try file.append(buffer)
        buffer.removeAll(keepingCapacity: true)
    }

    func sync() throws(FileFailure) {
        guard !isSynced else { return }
        try flush()
        try file.sync()
        isSynced = true
    }
}
