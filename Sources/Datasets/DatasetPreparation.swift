import Foundation
import Tokenization
import WorkUnits

/// What a preparation has made.
public struct PreparedDataset: Sendable {
    public var tokenizer: Tokenizer
    public var manifest: DatasetManifest
    public var report: PreparationReport
}

/// Makes token shards from files: reads and cleans documents, leaves out copies, splits, learns a tokenizer, packs.
///
/// Memory does not depend on the size of the corpus: documents wait on disk, in a working folder that needs as much space as
/// their text. A preparation that was stopped at any moment goes on where it last saved when it is run again with the same
/// plan, files and folder. The result depends on the plan and the files' content, not on threads or interruptions.
public struct DatasetPreparation {
    private let plan: DatasetPlan
    private let folder: WorkFolder
    private let threads: Int
    private let isStrict: Bool
    private let bytesBetweenSaves: Int
    private let resolve: (String) -> String
    private let progress: (PreparationProgress) throws -> Void

    /// - Parameters:
    ///   - workFolder: where the documents wait; removed by `finish`.
    ///   - isStrict: whether the first document that cannot be read ends it, instead of being reported.
    ///   - bytesBetweenSaves: how much text an interruption may cost, at most, besides the part of it in the last block.
    ///   - resolve: where a path of the plan is on this machine.
    ///   - progress: called often, on the calling thread. What it throws stops the preparation, which can go on later.
    public init(
        _ plan: DatasetPlan, workFolder: String, threads: Int, isStrict: Bool = false,
        bytesBetweenSaves: Int = 512 << 20, resolve: @escaping (String) -> String = { $0 },
        progress: @escaping (PreparationProgress) throws -> Void = { _ in }
    ) {
        precondition(threads > 0, "at least one thread")
        self.plan = plan
        folder = WorkFolder(path: workFolder)
        self.threads = threads
        self.isStrict = isStrict
        self.bytesBetweenSaves = bytesBetweenSaves
        self.resolve = resolve
        self.progress = progress
    }

    /// Makes the whole dataset.
    ///
    /// - Parameters:
    ///   - tokenizer: the one that the plan names by its digest; nil: one is trained.
    ///   - store: keeps a `TokenShard` archive for good and returns its digest.
    /// - Throws: `DatasetFailure`, `ReadingProblem`, `FileFailure`, `UnreadableBytes`, or what `store` throws.
    public func run(tokenizer: Tokenizer? = nil, store: ([UInt8]) throws -> Digest) throws -> PreparedDataset {
        let corpus = try corpus()
        try corpus.settled.requireTwoSides()
        let tokenizer = try tokenizer ?? corpus.trainTokenizer()
        let packed = try Packing(
            plan: plan, folder: folder, gathered: corpus.gathered, settled: corpus.settled, tokenizer: tokenizer,
            threads: threads, bytesBetweenSaves: bytesBetweenSaves, progress: progress
        ).run(store: store)
        let manifest = try DatasetManifest(
            plan, gathered: corpus.gathered, settled: corpus.settled, packed: packed, tokenizer: tokenizer)
        return PreparedDataset(
            tokenizer: tokenizer, manifest: manifest,
            report: PreparationReport(plan, gathered: corpus.gathered, settled: corpus.settled, packed: packed))
    }

    /// Reads, cleans and compares: the documents of both sides, without tokens.
    public func corpus() throws -> PreparedCorpus {
        let files = try SourceFile.find(plan, resolve: resolve)
        let gathered = try Gathering(
            plan: plan, folder: folder, threads: threads, isStrict: isStrict, bytesBetweenSaves: bytesBetweenSaves,
            progress: progress
        ).run(files: files)
        let settled = try Settling(
            plan: plan, folder: folder, gathered: gathered, threads: threads, progress: progress
        ).run()
        return PreparedCorpus(
            plan: plan, folder: folder, gathered: gathered, settled: settled, threads: threads, progress: progress)
    }

    /// Reads and cleans alone, in the order of reading; copies stay. Nothing is kept in the working folder.
    public func clean(_ body: (PreparedCorpus.Entry) throws -> Void) throws -> PreparationReport {
        let files = try SourceFile.find(plan, resolve: resolve)
        var gathered = try Gathered(identity: .zero, files: files, plan: plan, spool: folder.spool(for: files))
        var reader = BlockReader(plan: plan, files: files, position: gathered.position)
        let work = try DocumentWork(plan: plan)
        try OrderedWork.run(threads: threads, next: { reader.next() }, transform: work.process) { block in
            if isStrict, let problem = block.problems.first { throw problem }
            for document in block.documents {
                let file = files[block.file]
                try body(
                    PreparedCorpus.Entry(
                        text: document.text, path: file.path, source: plan.sources[file.source].name,
                        line: document.line))
            }
            gathered.add(block)
            try progress(gathered.progress)
        }
        return PreparationReport(plan, gathered: gathered)
    }

    /// Removes the working folder, once what was made of it is safe.
    public func finish() throws {
        try folder.clear()
    }
}
