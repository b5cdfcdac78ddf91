import WorkUnits

/// Documents, or passages of tokens, on disk, divided by rank into buckets that are sorted one at a time: a corpus of any size
/// is put in order, and equal texts meet, in the memory of one bucket's records.
///
/// `texts-N` holds the texts of bucket N as they came, `index-N` a `SpoolRecord` for each, and `kept` the records of those
/// documents that are part of the dataset, in its order.
struct Spool: Sendable {
    private static let bytesPerBucket = 16 << 20

    let folder: String
    /// A power of two up to 256. The order does not depend on it.
    let bucketCount: Int

    /// - Parameter bytes: of the files that the texts come from.
    init(folder: String, bytes: Int) {
        self.folder = folder
        bucketCount = (0..<8).map { 1 << $0 }.first { $0 * Self.bytesPerBucket >= bytes } ?? 256
    }

    /// How far the files of each bucket reach.
    struct Sizes: Codable, Hashable, Sendable {
        var texts: [Int]
        var index: [Int]

        /// How many documents or passages a bucket has.
        func records(inBucket bucket: Int) -> Int { index[bucket] / SpoolRecord.size }
    }

    var buckets: Range<Int> { 0..<bucketCount }

    var noSizes: Sizes {
        Sizes(texts: Array(repeating: 0, count: bucketCount), index: Array(repeating: 0, count: bucketCount))
    }

    func bucket(of rank: Rank) -> Int { rank.firstByte * bucketCount / 256 }

    func textsPath(_ bucket: Int) -> String { "\(folder)/texts-\(bucket)" }

    func indexPath(_ bucket: Int) -> String { "\(folder)/index-\(bucket)" }

    var keptPath: String { "\(folder)/kept" }

    /// A bucket's documents: equal texts follow each other, the one that was read first first.
    func sortedRecords(bucket: Int) throws -> [SpoolRecord] {
        let file = try FileBytes(path: indexPath(bucket))
        return SpoolRecord.read(try file.read(file.count, at: 0)).sorted { ($0.rank, $0.number) < ($1.rank, $1.number) }
    }

    /// Documents of the dataset that follow each other in its order.
    func keptRecords(_ places: Range<Int>) throws -> [SpoolRecord] {
        SpoolRecord.read(
            try FileBytes(path: keptPath).read(
                places.count * SpoolRecord.size, at: places.lowerBound * SpoolRecord.size))
    }
}

/// Adds documents to a spool.
final class SpoolWriter {
    private let spool: Spool
    private let texts: [BucketFile]
    private let index: [BucketFile]

    /// - Parameter sizes: what an earlier writer synced; anything after it is dropped.
    init(_ spool: Spool, continuing sizes: Spool.Sizes) throws {
        self.spool = spool
        try DurableFile.makeFolder(spool.folder)
        texts = try sizes.texts.enumerated().map { try BucketFile(path: spool.textsPath($0), size: $1) }
        index = try sizes.index.enumerated().map { try BucketFile(path: spool.indexPath($0), size: $1) }
    }

    func append(_ text: [UInt8], rank: Rank, number: Int, line: Int, file: Int) throws {
        let bucket = spool.bucket(of: rank)
        let record = SpoolRecord(
            rank: rank, number: number, offset: texts[bucket].size, line: line, length: text.count, file: file)
        try texts[bucket].append(text)
        try index[bucket].append(record.encoded)
    }

    /// Everything appended so far can be read when this returns.
    func flush() throws -> Spool.Sizes {
        for file in texts + index { try file.flush() }
        return sizes
    }

    /// Everything appended so far is on the disk when this returns.
    func sync() throws -> Spool.Sizes {
        for file in texts + index { try file.sync() }
        return sizes
    }

    private var sizes: Spool.Sizes { Spool.Sizes(texts: texts.map(\.size), index: index.map(\.size)) }
}
