extension CheckpointStep {
    /// Makes a file of a version's weights from one of an earlier version. No byte of either file is trusted: what counts is the
    /// digest of the sum.
    ///
    /// - Parameters:
    ///   - path: the file appears there only when it is whole and is what `weights` says.
    ///   - older: a file of weights.
    ///   - steps: files of the steps from there on, each beginning where the one before ended. All are open at once.
    /// - Returns: false when they do not lead to `weights`; nothing has changed then.
    /// - Throws: `MalformedArchive` or `UnreadableBytes` likewise; `FileFailure` where this machine cannot write.
    public static func make(
        _ weights: CheckpointReference, at path: String, from older: String, by steps: [String]
    ) throws -> Bool {
        let archives = try steps.map { try UpdateArchive(FileBytes(path: $0), maximumParameters: weights.bytes) }
        let temporary = path + ".new"
        defer { try? DurableFile.remove(temporary) }
        var file = try DurableFile(path: temporary, isEmptied: true)
        var hasher = DigestHasher()
        try apply(archives, to: FileBytes(path: older)) { bytes in
            hasher.update(bytes)
            try file.append(bytes)
        }
        guard hasher.finish() == weights.weights, file.size == weights.bytes else { return false }
        try DurableFile.publish(temporary, as: path)
        return true
    }
}
