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
                    text: text, rank: Rank(ofDocument: text, seed: plan.seed),
                    signature: hasher?.signature(of: text) ?? [],
                    line: document.origin.line))
        }
        return worked
    }
}
