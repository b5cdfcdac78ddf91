import WorkUnits

/// What each step did to how many documents, with a few samples.
///
/// Tallies of parts of a corpus merge into that of the whole, in any order, to the same value.
public struct CleaningTally: Hashable, Sendable, Codable {
    public private(set) var documents = 0
    public private(set) var bytes = 0
    public private(set) var keptDocuments = 0
    public private(set) var keptBytes = 0
    /// In the order of the steps.
    public private(set) var steps: [Step]

    /// What one step did.
    public struct Step: Hashable, Sendable, Codable {
        public var step: CleaningStep
        public internal(set) var documentsChanged = 0
        public internal(set) var documentsRemoved = 0
        /// Bytes that went, whole documents included. Normalization may make a text longer: this can be below 0.
        public internal(set) var bytesRemoved = 0
        /// At most `samplesKept`, chosen by a hash of the document's number: spread over the corpus.
        public internal(set) var samples: [CleaningSample] = []

        init(_ step: CleaningStep) { self.step = step }
    }

    /// Samples for each step.
    public static let samplesKept = 4

    init(_ steps: [CleaningStep]) {
        self.steps = steps.map { Step($0) }
    }

    /// Adds what was counted in another part of the corpus, by the same steps.
    public mutating func merge(_ other: CleaningTally) {
        precondition(steps.map(\.step) == other.steps.map(\.step), "tallies of different steps")
        documents += other.documents
        bytes += other.bytes
        keptDocuments += other.keptDocuments
        keptBytes += other.keptBytes
        for (index, step) in other.steps.enumerated() {
            steps[index].documentsChanged += step.documentsChanged
            steps[index].documentsRemoved += step.documentsRemoved
            steps[index].bytesRemoved += step.bytesRemoved
            for sample in step.samples { insert(index, sample.document) { sample } }
        }
    }

    mutating func count(_ text: [UInt8]) {
        documents += 1
        bytes += text.count
    }

    mutating func count(kept text: [UInt8]) {
        keptDocuments += 1
        keptBytes += text.count
    }

    mutating func count(_ document: UInt64, changedBy index: Int, from old: [UInt8], to new: [UInt8]) {
        steps[index].documentsChanged += 1
        steps[index].bytesRemoved += old.count - new.count
        insert(index, document) { CleaningSample(document: document, changing: old, to: new) }
    }

    mutating func count(_ document: UInt64, removedBy index: Int, _ text: [UInt8]) {
        steps[index].documentsRemoved += 1
        steps[index].bytesRemoved += text.count
        insert(index, document) { CleaningSample(document: document, removing: text) }
    }

    /// Keeps the samples whose documents have the smallest hashes, in that order.
    private mutating func insert(_ index: Int, _ document: UInt64, _ sample: () -> CleaningSample) {
        let hashes = CounterRandom(seed: 0, stream: UInt64(index))
        let rank = hashes[document]
        let samples = steps[index].samples
        let position = samples.firstIndex { hashes[$0.document] > rank } ?? samples.count
        guard position < Self.samplesKept else { return }
        steps[index].samples.insert(sample(), at: position)
        if steps[index].samples.count > Self.samplesKept { steps[index].samples.removeLast() }
    }
}
