import Aggregation
import Coordination
import Synchronization
import WorkUnits

/// What judging has kept of accepted updates until their merge: norms in memory, inflated payloads there or in temporary files.
///
/// Each is known by the digest of the bytes that were judged. All of it can be missing: for a while after a restart, which empties
/// the folder of temporary files, on a full disk, or because there was too much of it; then a merge reads the blobs.
final class PreparedUpdates: Sendable {
    /// Bytes of inflated payloads in files: enough for 64 updates of 126 million parameters with `int4`, or 16 with `bfloat16`.
    /// When there are more, the oldest go.
    static let maximumBytes = 4 << 30
    /// The same in memory: enough for 2,000 updates of 2^16 parameters with `int4`.
    static let maximumBytesInMemory = 64 << 20

    private struct State {
        var updates: [Digest: PreparedUpdate] = [:]
        /// Oldest first.
        var order: [Digest] = []
        var bytes = 0
        /// Updates that were judged before the start, wait for their merge, and are not prepared again yet.
        var expected: Set<Digest> = []
    }

    private let state = Mutex(State())
    private let maximumBytes: Int

    init(maximumBytes: Int = maximumBytes) {
        self.maximumBytes = maximumBytes
    }

    deinit {
        remove(state.withLock(\.order))
    }

    subscript(digest: Digest) -> PreparedUpdate? { state.withLock { $0.updates[digest] } }

    func expect(_ digests: [Digest]) {
        state.withLock { state in state.expected.formUnion(digests.filter { state.updates[$0] == nil }) }
    }

    func isExpected(_ digest: Digest) -> Bool { state.withLock { $0.expected.contains(digest) } }

    /// Takes the place of what was kept under the same digest.
    func keep(_ update: PreparedUpdate, as digest: Digest) {
        remove([digest])
        let excess = state.withLock { state in
            state.updates[digest] = update
            state.order.append(digest)
            state.bytes += update.bytes
            guard state.bytes > maximumBytes else { return [Digest]() }
            var (bytes, excess) = (state.bytes, [Digest]())
            for oldest in state.order where bytes > maximumBytes {
                bytes -= state.updates[oldest]?.bytes ?? 0
                excess.append(oldest)
            }
            return excess
        }
        remove(excess)
    }

    /// Forgets updates and removes their files, if they are there. They are not expected any more.
    func remove(_ digests: [Digest]) {
        let removed = state.withLock { state in
            state.expected.subtract(digests)
            let removed = digests.compactMap { state.updates.removeValue(forKey: $0) }
            guard !removed.isEmpty else { return removed }
            state.order.removeAll { state.updates[$0] == nil }
            state.bytes -= removed.reduce(0) { $0 + $1.bytes }
            return removed
        }
        for case .inFile(let inflated) in removed.map(\.payloads) { try? DurableFile.remove(inflated.path) }
    }
}

extension PreparedUpdate {
    fileprivate var bytes: Int {
        switch payloads {
        case .inMemory(let payload): payload.byteCount
        case .inFile(let inflated): inflated.size
        case nil: 0
        }
    }
}
