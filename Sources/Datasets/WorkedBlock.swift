import Cleaning
import Documents

/// A block's documents, cleaned and ranked, and what was found on the way.
struct WorkedBlock: Sendable {
    var documents: [WorkedDocument] = []
    var problems: [ReadingProblem]
    var source: Int
    /// Index of the file that all of it is from.
    var file: Int
    /// Where reading goes on after it.
    var position: ReadingPosition
    /// The texts as they were read.
    var read = TextCount()
    var tally: CleaningTally

    init(_ block: DocumentBlock, tally: CleaningTally) {
        problems = block.problems
        source = block.source
        file = block.file
        position = block.position
        self.tally = tally
    }
}

/// A document as the spool gets it.
struct WorkedDocument: Sendable {
    var text: [UInt8]
    var rank: Rank
    /// Empty where near-duplicates are not looked for.
    var signature: [UInt32]
    var line: Int
}
