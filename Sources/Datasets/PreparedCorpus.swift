import Tokenization
import WorkUnits

/// Documents that were read, cleaned, compared and divided, waiting on disk.
public struct PreparedCorpus {
    let plan: DatasetPlan
    let folder: WorkFolder
    let gathered: Gathered
    let settled: Settled
    let threads: Int
    let progress: (PreparationProgress) throws -> Void

    public enum Side: String, CaseIterable, Sendable {
        case training, validation
    }

    /// A document of one side.
    public struct Entry: Sendable {
        /// UTF-8.
        public var text: [UInt8]
        /// The file it was read from.
        public var path: String
        /// The name of the plan's source that the file belongs to.
        public var source: String
        /// The line on which it began, from 1.
        public var line: Int
    }

    /// The report of everything up to here.
    public var report: PreparationReport { PreparationReport(plan, gathered: gathered, settled: settled) }

    /// Calls with every document of a side, in the order of the dataset.
    ///
    /// - Throws: `DatasetFailure.oneDocument` for a corpus that cannot be divided, and what `body` throws.
    public func forEach(of side: Side, _ body: (Entry) throws -> Void) throws {
        try settled.requireTwoSides()
        var blocks = blocks(of: side == .training ? .training : .validation)
        while let block = try blocks.next() {
            for (record, text) in zip(block.records, block.texts) {
                let file = gathered.files[record.file]
                try body(
                    Entry(text: text, path: file.path, source: plan.sources[file.source].name, line: record.line))
            }
        }
    }

    /// Learns a tokenizer as the plan says.
    public func trainTokenizer() throws -> Tokenizer {
        guard case .trained(let vocabulary, let pattern, let specialTokens, let sampleBytes) = plan.tokenizer else {
            preconditionFailure("a given tokenizer is handed over")
        }
        var counts = WordCounts(pattern: pattern)
        var blocks = blocks(of: .training)
        let total = min(sampleBytes, settled.takenBytes)
        var read = 0
        while read < sampleBytes, let block = try blocks.next() {
            counts.add(block.texts, threads: threads)
            read += block.bytes
            try progress(PreparationProgress(stage: .learningTokens, done: min(read, total), total: total))
        }
        return try Tokenizer.train(
            on: counts, vocabulary: vocabulary, specialTokens: specialTokens)
    }

    private func blocks(of part: Settled.Part) -> TextBlocks {
        TextBlocks(part, of: settled, files: gathered.files, in: folder)
    }
}
