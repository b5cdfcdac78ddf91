import Synchronization
import WorkUnits

/// Who was read, in order, and the most at once.
final class ReadLog: Sendable {
    private let reads = Mutex<[(name: Int, count: Int)]>([])

    var names: [Int] { reads.withLock { $0.map(\.name) } }
    var largest: Int { reads.withLock { $0.map(\.count).max() ?? 0 } }

    func append(_ name: Int, _ count: Int) {
        reads.withLock { $0.append((name, count)) }
    }

    func clear() {
        reads.withLock { $0 = [] }
    }
}

/// Bytes that tell a log what is read of them.
struct LoggedBytes: RandomAccessBytes {
    let bytes: [UInt8]
    let name: Int
    let log: ReadLog

    var count: Int { bytes.count }

    func read(_ count: Int, at offset: Int) throws(UnreadableBytes) -> [UInt8] {
        log.append(name, count)
        return try bytes.read(count, at: offset)
    }
}
