import Cleaning
import Documents
import WorkUnits

/// What gathering has found so far, and from where it goes on: saved with the spool.
struct Gathered: Codable, Sendable {
    static let fileName = "gathered.json"

    /// The most problems that are kept word for word; all are counted.
    private static let keptProblems = 100

    var identity: Digest
    var isComplete = false
    var files: [SourceFile]
    var position = ReadingPosition()
    var sizes: Spool.Sizes
    /// Documents in the spool.
    var documents = 0
    /// For each source, what was read.
    var read: [TextCount]
    /// For each source, how many documents could not be read.
    var problemCounts: [Int]
    /// The first of them.
    var problems: [String] = []
    var tally: CleaningTally
    /// Lengths of the cleaned documents.
    var lengths = Histogram.lengths

    init(
        identity: Digest, files: [SourceFile], plan: DatasetPlan, spool: Spool
    ) throws(CleaningFailure) {
        self.identity = identity
        self.files = files
        sizes = spool.noSizes
        read = Array(repeating: TextCount(), count: plan.sources.count)
        problemCounts = Array(repeating: 0, count: plan.sources.count)
        tally = try Cleaner(plan.cleaning).tally
    }

    mutating func add(_ block: WorkedBlock) {
        position = block.position
        read[block.source].add(block.read)
        problemCounts[block.source] += block.problems.count
        problems += block.problems.prefix(Self.keptProblems - problems.count).map { "\($0)" }
        tally.merge(block.tally)
        for document in block.documents { lengths.add(Double(document.text.count)) }
    }

    var progress: PreparationProgress {
        let whole = files.prefix(position.file).reduce(0) { $0 + $1.content.bytes }
        // A compressed file's text is longer than the file.
        let part = position.file < files.count ? min(position.byte, files[position.file].content.bytes) : 0
        return PreparationProgress(
            stage: .reading, done: whole + part, total: files.reduce(0) { $0 + $1.content.bytes })
    }
}
