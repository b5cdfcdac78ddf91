import WorkUnits

/// Which documents are part of the dataset, and on which side: saved with the spool.
struct Settled: Codable, Sendable {
    static let fileName = "settled.json"

    /// For each source, what is part of the dataset.
    var kept: [TextCount]
    /// For each source, documents whose text an earlier one has.
    var copies: [TextCount]
    /// For each source, documents that resemble an earlier one.
    var nearCopies: [TextCount]
    /// Documents of the dataset in each bucket.
    var keptInBucket: [Int] = []
    var nearExamples: [NearExample] = []
    /// How many documents at the start of the order are held out; nil: those of the files that are.
    var heldOutDocuments: Int?
    /// For each source, the share of its training documents that the mixture takes.
    var takenShare: [Double]

    init(sources: Int) {
        kept = Array(repeating: TextCount(), count: sources)
        copies = kept
        nearCopies = kept
        takenShare = Array(repeating: 1, count: sources)
    }

    /// Bytes of text on both sides, as the shares of the sources let expect.
    var takenBytes: Int { zip(kept, takenShare).reduce(0) { $0 + Int(Double($1.0.bytes) * $1.1) } }

    /// Which part a document has.
    enum Part {
        case training, validation
        /// It would have been trained on, but its source has more text than the mixture takes.
        case surplus
    }

    /// - Parameter ordinal: the document's place in the order of the whole dataset, from 0.
    func part(of record: SpoolRecord, ordinal: Int, in files: [SourceFile]) -> Part {
        let file = files[record.file]
        if heldOutDocuments.map({ ordinal < $0 }) ?? file.isHeldOut { return .validation }
        return record.rank.lot < takenShare[file.source] ? .training : .surplus
    }

    /// - Throws: `DatasetFailure.oneDocument` where there is nothing to hold out.
    func requireTwoSides() throws(DatasetFailure) {
        guard heldOutDocuments != 0 else { throw .oneDocument }
    }

    /// Fixes both sides.
    ///
    /// - Parameter problem: what may be the reason why there is nothing.
    ///
    /// The documents first in order are held out, at least one and at most all but one: none of a single one. Of the sources of a mixture the one
    /// with the least text for its weight is taken whole, the others in proportion: no text is repeated.
    mutating func divide(by plan: DatasetPlan, problem: String?) throws(DatasetFailure) {
        let documents = kept.reduce(0) { $0 + $1.documents }
        guard documents > 0 else { throw .noText(paths: plan.sources.flatMap(\.paths), problem: problem) }
        if plan.validation.files.isEmpty {
            let wanted = Int((Double(documents) * plan.validation.share).rounded())
            heldOutDocuments = min(max(wanted, 1), documents - 1)
        }
        let weights = plan.sources.map { $0.weight ?? 0 }
        guard weights.contains(where: { $0 > 0 }) else { return }
        let needs = zip(weights, kept).map { $0 / Double(max($1.bytes, 1)) }
        let greatest = needs.max() ?? 1
        takenShare = needs.map { $0 / greatest }
    }
}
