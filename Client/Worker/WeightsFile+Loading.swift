import Checkpoints
import Kernels
import LanguageModel
import Synchronization
import WorkUnits

extension WeightsFile {
    /// Floats that one thread reads at once: a huge page of memory, so that no two wait for the same one.
    private static let pieceFloats = 1 << 19
    /// Pieces that are read while the ones before them are digested.
    private static let groupPieces = 8

    /// Reads all weights into memory, each byte once, and digests the file on the way: what was digested is what is there.
    ///
    /// A digest cannot be divided among threads, so one digests while the others read on.
    ///
    /// - Parameter buffer: `layout.count` floats.
    /// - Returns: digest and size of the whole file.
    package func load(into buffer: FloatBuffer, on team: ThreadTeam) throws -> FileDigest {
        let head = try head()
        var hasher = DigestHasher()
        hasher.update(head)
        let pieces = stride(from: 0, to: layout.count, by: Self.pieceFloats).map {
            $0..<min($0 + Self.pieceFloats, layout.count)
        }
        let failure = Mutex<MalformedCheckpoint?>(nil)
        var unread = pieces[...]
        var undigested = pieces[..<0]
        while !unread.isEmpty || !undigested.isEmpty {
            let group = unread.prefix(Self.groupPieces)
            team.run(slices: 1 + group.count) { slice, _ in
                guard slice > 0 else {
                    for piece in undigested {
                        buffer.withBytes(of: piece) { hasher.update(UnsafeRawBufferPointer($0)) }
                    }
                    return
                }
                let piece = group[group.startIndex + slice - 1]
                do throws(MalformedCheckpoint) {
                    try buffer.withBytes(of: piece) { bytes throws(MalformedCheckpoint) in
                        try read(first: piece.lowerBound, into: bytes)
                    }
                } catch {
                    failure.withLock { $0 = error }
                }
            }
            if let failure = failure.withLock({ $0 }) { throw failure }
            unread = unread.dropFirst(group.count)
            undigested = group
        }
        return FileDigest(digest: hasher.finish(), bytes: head.count + 4 * layout.count)
    }
}
