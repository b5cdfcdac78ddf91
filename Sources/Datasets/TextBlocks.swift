import WorkUnits

/// Documents of the dataset that follow each other in its order.
struct TextBlock: Sendable {
    var records: [SpoolRecord] = []
    var texts: [[UInt8]] = []
    /// Bytes of text.
    var bytes = 0
    /// The bucket that all of them are in.
    var bucket: Int
    /// Whether the bucket has no more of them.
    var endsBucket = false
}

/// Reads the documents of one part in the order of the dataset.
struct TextBlocks {
    private static let blockBytes = 1 << 20
    private static let blockDocuments = 4096

    private let spool: Spool
    private let files: [SourceFile]
    private let settled: Settled
    private let part: Settled.Part
    private var bucket: Int
    private var waiting: ArraySlice<SpoolRecord> = []
    private var texts: FileBytes?

    /// - Parameter bucket: where reading begins.
    init(_ part: Settled.Part, of settled: Settled, files: [SourceFile], in folder: WorkFolder, from bucket: Int = 0) {
        self.part = part
        self.settled = settled
        self.files = files
        spool = folder.spool(for: files)
        self.bucket = bucket - 1
    }

    /// - Returns: nil after the last document. A block may be empty.
    mutating func next() throws -> TextBlock? {
        if texts == nil, try !openNextBucket() { return nil }
        guard let texts else { return nil }
        var block = TextBlock(bucket: bucket)
        while block.bytes < Self.blockBytes, block.texts.count < Self.blockDocuments, let record = waiting.popFirst() {
            block.texts.append(try texts.read(record.length, at: record.offset))
            block.records.append(record)
            block.bytes += record.length
        }
        if waiting.isEmpty {
            block.endsBucket = true
            self.texts = nil
        }
        return block
    }

    private mutating func openNextBucket() throws -> Bool {
        bucket += 1
        guard bucket < spool.bucketCount else { return false }
        let first = settled.keptInBucket[..<bucket].reduce(0, +)
        let records = try spool.keptRecords(first..<first + settled.keptInBucket[bucket])
        waiting =
            records.enumerated().filter { place, record in
                settled.part(of: record, ordinal: first + place, in: files) == part
            }.map(\.element)[...]
        texts = try FileBytes(path: spool.textsPath(bucket))
        return true
    }
}
