import Dispatch

/// Sorts more records than memory holds: sorted runs in one file, merged when they are read.
///
/// Memory: 64 MB while records are added, then 32 KiB for each run of a million records or so.
struct ExternalSort {
    struct Record: Comparable {
        var key: UInt64
        var value: UInt32

        static func < (left: Record, right: Record) -> Bool {
            left.key == right.key ? left.value < right.value : left.key < right.key
        }
    }

    /// Three numbers in the file: the key's lower half, its upper half, the value.
    static let recordSize = 3

    private let file: ScratchFile
    private let threads: Int
    private let capacity: Int
    private var records: [Record] = []
    /// The runs' places in the file, in records.
    private var runs: [Range<Int>] = []

    /// - Parameter capacity: records kept in memory before they are written as runs.
    init(path: String, threads: Int, capacity: Int = 1 << 22) throws(DeduplicationFailure) {
        file = try ScratchFile(path: path)
        self.threads = threads
        self.capacity = capacity
    }

    mutating func add(_ record: Record) throws(DeduplicationFailure) {
        records.append(record)
        if records.count >= capacity { try writeRuns() }
    }

    /// Ends the adding.
    consuming func sorted() throws(DeduplicationFailure) -> SortedRecords {
        try writeRuns()
        records = []
        return try SortedRecords(file: file, runs: runs)
    }

    /// Each thread sorts a part: which parts there are does not change the order of the whole.
    private mutating func writeRuns() throws(DeduplicationFailure) {
        let parts = max(1, min(threads, records.count / 1024))
        let bounds = (0...parts).map { $0 * records.count / parts }
        records.withUnsafeMutableBufferPointer { records in
            // SAFETY: the parts do not overlap, and each is sorted by one thread.
            nonisolated(unsafe) let records = records
            DispatchQueue.concurrentPerform(iterations: parts) { part in
                var own = UnsafeMutableBufferPointer(rebasing: records[bounds[part]..<bounds[part + 1]])
                own.sort()
            }
        }
        let written = runs.last?.upperBound ?? 0
        for start in stride(from: 0, to: records.count, by: 65_536) {
            let numbers = records[start..<min(start + 65_536, records.count)].flatMap { record in
                [UInt32(truncatingIfNeeded: record.key), UInt32(record.key >> 32), record.value]
            }
            try file.write(numbers, at: (written + start) * Self.recordSize)
        }
        for part in 0..<parts where bounds[part] < bounds[part + 1] {
            runs.append(written + bounds[part]..<written + bounds[part + 1])
        }
        records.removeAll(keepingCapacity: true)
    }
}

/// The records of sorted runs in order: a heap of the runs by their next record.
struct SortedRecords {
    private let file: ScratchFile
    private var runs: [Run] = []

    private struct Run {
        var rest: Range<Int>
        var buffer: [UInt32] = []
        var position = 0
        var next = ExternalSort.Record(key: 0, value: 0)
    }

    fileprivate init(file: ScratchFile, runs: [Range<Int>]) throws(DeduplicationFailure) {
        self.file = file
        for rest in runs {
            var run = Run(rest: rest)
            if try Self.advance(&run, file) { self.runs.append(run) }
        }
        for index in (0..<self.runs.count / 2).reversed() { sink(index) }
    }

    /// The next record, nil after the last.
    mutating func next() throws(DeduplicationFailure) -> ExternalSort.Record? {
        guard let record = runs.first?.next else { return nil }
        if try !Self.advance(&runs[0], file) {
            runs.swapAt(0, runs.count - 1)
            runs.removeLast()
        }
        sink(0)
        return record
    }

    private static func advance(_ run: inout Run, _ file: ScratchFile) throws(DeduplicationFailure) -> Bool {
        if run.position == run.buffer.count {
            let count = min(32_768 / 4 / ExternalSort.recordSize, run.rest.count)
            guard count > 0 else { return false }
            run.buffer = try file.read(
                count * ExternalSort.recordSize, at: run.rest.lowerBound * ExternalSort.recordSize)
            run.rest.removeFirst(count)
            run.position = 0
        }
        let (lower, upper) = (run.buffer[run.position], run.buffer[run.position + 1])
        run.next = ExternalSort.Record(
            key: UInt64(upper) << 32 | UInt64(lower), value: run.buffer[run.position + 2])
        run.position += ExternalSort.recordSize
        return true
    }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < runs.count {
                if runs[child].next < runs[least].next { least = child }
            }
            if least == parent { return }
            runs.swapAt(parent, least)
            parent = least
        }
    }
}
