import Cleaning
import Datasets
import Deduplication
import Documents
import TestSupport
import Testing
import Tokenization
import WorkUnits

/// Shards in memory.
final class Shards {
    struct Full: Error {}

    private(set) var contents: [Digest: [UInt8]] = [:]
    /// Archives that still fit; nil: any number.
    var room: Int?

    func store(_ content: [UInt8]) throws -> Digest {
        if let room {
            guard room > 0 else { throw Full() }
            self.room = room - 1
        }
        let digest = Digest(of: content)
        contents[digest] = content
        return digest
    }

    func tokens(_ shard: DatasetManifest.Shard) throws -> [UInt32] {
        let archive = try #require(contents[shard.digest])
        #expect(archive.count == shard.bytes)
        let tokens = try TokenShard.decode(archive)
        #expect(tokens.count == shard.tokens)
        return tokens
    }
}

/// Files in a folder, and a plan for them: bytes as tokens, documents between lines of `%`, nothing cleaned, passages of
/// two sequences.
struct Example {
    let folder: TemporaryFolder
    var plan: DatasetPlan

    /// - Parameter files: documents by name.
    init(_ files: [String: [String]], shardTokens: Int = 101, validationShare: Double = 0.25) throws {
        folder = try TemporaryFolder()
        for (name, documents) in files {
            try folder.write(Array(documents.joined(separator: "\n%\n").utf8), to: name)
        }
        plan = DatasetPlan(
            seed: 1,
            sources: [DatasetPlan.Source(name: "all", paths: [folder.path], reading: ReadingOptions(separator: "%"))],
            cleaning: [], nearDuplicates: nil,
            validation: DatasetPlan.Validation(share: validationShare, maximumTokens: 1000),
            tokenizer: .trained(vocabulary: 257, pattern: .gpt2, specialTokens: [], sampleBytes: 1 << 20),
            sequenceLength: 8, passageTokens: 16, shardTokens: shardTokens)
    }

    static func numbers(_ count: Int) -> [String] { (0..<count).map { "number \($0)" } }

    /// - Parameter workFolder: relative to a folder beside that of the files.
    func preparation(
        threads: Int = 2, isStrict: Bool = false, in workFolder: TemporaryFolder, bytesBetweenSaves: Int = 1 << 30,
        progress: @escaping (PreparationProgress) throws -> Void = { _ in }
    ) -> DatasetPreparation {
        DatasetPreparation(
            plan, workFolder: workFolder.file("work"), threads: threads, isStrict: isStrict,
            bytesBetweenSaves: bytesBetweenSaves, progress: progress)
    }

    func prepared(threads: Int = 2, isStrict: Bool = false, into shards: Shards = Shards()) throws -> PreparedDataset {
        let work = try TemporaryFolder()
        return try preparation(threads: threads, isStrict: isStrict, in: work).run(store: shards.store)
    }

    /// Texts of each side, in the order of the dataset.
    func sides() throws -> (training: [String], validation: [String]) {
        let work = try TemporaryFolder()
        let corpus = try preparation(in: work).corpus()
        var sides: [PreparedCorpus.Side: [String]] = [:]
        for side in PreparedCorpus.Side.allCases {
            try corpus.forEach(of: side) { sides[side, default: []].append(String(decoding: $0.text, as: UTF8.self)) }
        }
        return (sides[.training] ?? [], sides[.validation] ?? [])
    }
}

extension PreparedDataset {
    /// The documents in a stream of tokens that begins and ends with a whole one.
    func documents(_ tokens: some Collection<UInt32>) -> [String] {
        tokens.split(separator: tokenizer.endOfText).map { String(decoding: tokenizer.decode($0), as: UTF8.self) }
    }
}
