import Synchronization
import WorkUnits

/// What a merge reads, by digest, as long as somebody holds it.
final class Blobs: Sendable {
    private struct Blob {
        let bytes: [UInt8]
        var holders = 1
        var judged: JudgedUpdate?
    }

    private let held = Mutex<[Digest: Blob]>([:])

    subscript(digest: Digest) -> [UInt8]? { held.withLock { $0[digest]?.bytes } }

    /// What is known of an update since it was judged last.
    func judged(_ digest: Digest) -> JudgedUpdate? { held.withLock { $0[digest]?.judged } }

    /// - Parameter bytes: of a blob that may be new.
    func hold(_ digest: Digest, _ bytes: [UInt8]) {
        held.withLock { held in
            if held[digest] == nil { held[digest] = Blob(bytes: bytes) } else { held[digest]?.holders += 1 }
        }
    }

    /// One more holder of a blob that is there.
    func hold(_ digest: Digest) {
        held.withLock { $0[digest]?.holders += 1 }
    }

    /// Remembers it as long as the blob.
    func keep(_ judged: JudgedUpdate, of digest: Digest) {
        held.withLock { $0[digest]?.judged = judged }
    }

    func release(_ digest: Digest) {
        held.withLock { held in
            guard let blob = held[digest] else { return }
            if blob.holders > 1 { held[digest]?.holders -= 1 } else { held[digest] = nil }
        }
    }
}
