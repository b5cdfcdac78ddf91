import Cleaning
import Deduplication
import Documents
import WorkUnits

/// What is done with every document by itself: cleaning, rank and signature.
struct DocumentWork: Sendable {
    private let plan: DatasetPlan
    private let cleaner: Cleaner
    private let hasher: MinHasher?

    init(plan: DatasetPlan) throws {
        self.plan = plan
        cleaner = try Cleaner(plan.cleaning)
        hasher = try plan.nearDuplicates.map { try MinHasher($0) }
    }

    func process(_ block: DocumentBlock) -> WorkedBlock {
        var worked = WorkedBlock(block, tally: cleaner.tally)
        worked.documents.reserveCapacity(block.documents.count)
        for (index, document) in block.documents.enumerated() {
            worked.read.add(document.text.count)
            let number = SampleNumber(file: block.file, document: block.firstDocument + index)
            guard let text = cleaner.clean(document.text, document: number.value, tally: &worked.tally) else {
                continue
            }
            worked.documents.append(
                WorkedDocument(
                    text: text, rank: DocumentRank(of: text, seed: plan.seed),
                    signature: hasher?.signature(of: text) ?? [],
                    line: document.origin.line))
        }
        return worked
    }
}

/// A document as the spool gets it.
struct WorkedDocument: Sendable {
    var text: [UInt8]
    var rank: DocumentRank
    /// Empty where near-duplicates are not looked for.
    var signature: [UInt32]
    var line: Int
}

/// How a sample of the cleaning names its document.
struct SampleNumber {
    var file: Int
    /// Counts the file's documents from 0.
    var document: Int

    var value: UInt64 { UInt64(file) << 32 | UInt64(document) }

    init(file: Int, document: Int) {
        (self.file, self.document) = (file, document)
    }

    init(_ value: UInt64) {
        (file, document) = (Int(value >> 32), Int(value & 0xFFFF_FFFF))
    }
}

struct WorkedBlock: Sendable {
    var documents: [WorkedDocument] = []
    var problems: [ReadingProblem]
    var source: Int
    /// Index of the file that all of it is from.
    var file: Int
    /// Where reading goes on after it.
    var position: ReadingPosition
    /// Bytes of text as they were read.
    var bytes: Int
    var read = TextCount()
    var tally: CleaningTally

    init(_ block: DocumentBlock, tally: CleaningTally) {
        problems = block.problems
        source = block.source
        file = block.file
        position = block.position
        bytes = block.bytes
        self.tally = tally
    }
}

/// How many documents there are, and how long they are together.
public struct TextCount: Codable, Hashable, Sendable {
    public var documents = 0
    /// UTF-8 bytes.
    public var bytes = 0

    public init() {}

    mutating func add(_ length: Int) {
        documents += 1
        bytes += length
    }

    mutating func add(_ other: TextCount) {
        documents += other.documents
        bytes += other.bytes
    }
}
