import Datasets
import Testing
import TestSupport
import Tokenization
import WorkUnits

/// Blobs in memory.
private final class Blobs {
    private(set) var contents: [Digest: [UInt8]] = [:]

    func store(_ content: [UInt8]) -> Digest {
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

private let tokenizer = Result { try Tokenizer.train(on: ["number 1 2 3"], vocabulary: 257) }

private func split(documents: Int, seed: UInt64 = 1) throws -> CorpusSplit {
    let folder = try TemporaryFolder()
    let texts = (0..<documents).map { "number \($0)" }
    try folder.write(Array(texts.joined(separator: "\n%\n").utf8), to: "texts")
    return try Corpus.read(paths: [folder.path], separator: "%", excluding: []).split(validationShare: 0.25, seed: seed)
}

private func options(shard: Int, sequence: Int = 8, validation: Int = 1000, seed: UInt64 = 1) -> DatasetOptions {
    DatasetOptions(seed: seed, shardTokens: shard, sequenceLength: sequence, maximumValidationTokens: validation)
}

private func build(
    _ split: CorpusSplit, _ options: DatasetOptions, into blobs: Blobs = Blobs()
) throws -> DatasetManifest {
    try DatasetBuilder.build(split, tokenizer: tokenizer.get(), options: options, store: blobs.store)
}

/// The documents in a stream of tokens that begins and ends with a whole one.
private func documents(_ tokens: [UInt32]) throws -> [String] {
    let tokenizer = try tokenizer.get()
    return tokens.split(separator: tokenizer.endOfText).map { String(decoding: tokenizer.decode($0), as: UTF8.self) }
}

@Test func `the shards hold all documents, each ended, and the last shard begins again`() throws {
    let (split, blobs) = (try split(documents: 40), Blobs())
    let manifest = try build(split, options(shard: 100), into: blobs)
    let stream = try manifest.shards.flatMap(blobs.tokens)
    let (all, again) = (stream.prefix(manifest.training.tokens), stream.dropFirst(manifest.training.tokens))

    #expect(manifest.shards.allSatisfy { $0.tokens == 100 })
    #expect(manifest.shards.count == (manifest.training.tokens + 99) / 100)
    #expect(Set(try documents(Array(all))) == Set(split.training.map(\.text)))
    #expect(try documents(Array(all)) != split.training.map(\.text))
    #expect(all.last == (try tokenizer.get().endOfText))
    #expect(!again.isEmpty && Array(again) == Array(all.prefix(again.count)))
}

@Test func `text shorter than a shard goes round until it is full`() throws {
    let blobs = Blobs()
    let manifest = try build(try split(documents: 8), options(shard: 1000), into: blobs)
    let shard = try #require(manifest.shards.first)
    let tokens = try blobs.tokens(shard)
    #expect(manifest.shards.count == 1)
    #expect(tokens == (0..<1000).map { tokens[$0 % manifest.training.tokens] })
}

@Test func `the validation shard holds the other documents, up to its limit`() throws {
    let (split, blobs) = (try split(documents: 40), Blobs())
    let whole = try build(split, options(shard: 50), into: blobs)
    #expect(Set(try documents(blobs.tokens(whole.validationShard))) == Set(split.validation.map(\.text)))
    #expect(whole.validationBytes == split.validation.reduce(0) { $0 + $1.text.utf8.count })
    #expect(whole.validation.bytes == whole.validationBytes)

    let capped = try build(split, options(shard: 50, validation: 20), into: blobs)
    #expect(try blobs.tokens(capped.validationShard) == Array(blobs.tokens(whole.validationShard).prefix(20)))
    #expect(capped.validation.tokens == whole.validation.tokens)
    #expect(capped.validationBytes == 18)
}

@Test func `the same documents give the same bytes in any order of reading, another seed another order`() throws {
    let split = try split(documents: 40)
    let reversed = CorpusSplit(
        training: split.training.reversed(), validation: split.validation.reversed(), duplicates: split.duplicates)
    let manifest = try build(split, options(shard: 64))
    #expect(try manifest.encoded() == build(reversed, options(shard: 64)).encoded())
    #expect(try build(split, options(shard: 64, seed: 2)).shards != manifest.shards)
}

@Test func `the manifest reads back, and one that contradicts itself is refused`() throws {
    let manifest = try build(try split(documents: 20), options(shard: 64))
    #expect(try DatasetManifest(manifest.encoded()) == manifest)

    let changes: [(inout DatasetManifest) -> Void] = [
        { $0.shards[0].tokens -= 1 }, { $0.shards = [] }, { $0.format = 2 }, { $0.vocabulary = 256 },
        { $0.options.shardTokens = 0 }, { $0.options.sequenceLength = .max },
        { $0.options.maximumValidationTokens = -1 },
        { $0.validationShard.tokens = 8 }, { $0.validationShard.tokens = 1001 },
    ]
    for (index, change) in changes.enumerated() {
        var other = manifest
        change(&other)
        #expect(throws: MalformedDocument.self, "change \(index)") { try DatasetManifest(other.encoded()) }
    }
}

@Test(arguments: 0..<200 as Range<UInt64>)
func `a damaged manifest is refused or still makes sense`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let damaged = try build(try split(documents: 20), options(shard: 64)).encoded().mutated(using: &random)
    do {
        let manifest = try DatasetManifest(damaged)
        #expect(try manifest.encoded() == damaged)
    } catch is MalformedDocument {}
}

@Test func `text shorter than one sequence is refused, and nothing is stored`() throws {
    let (split, blobs) = (try split(documents: 8), Blobs())
    let training = try build(split, options(shard: 50)).training.tokens
    let validation = try build(split, options(shard: 50)).validation.tokens
    #expect(validation < training)
    #expect(throws: DatasetFailure.tooLittleToMeasure(tokens: validation, needed: validation + 1)) {
        try build(split, options(shard: 5000, sequence: validation), into: blobs)
    }
    let swapped = CorpusSplit(training: split.validation, validation: split.training, duplicates: 0)
    #expect(throws: DatasetFailure.tooLittleToTrain(tokens: validation, needed: validation + 1)) {
        try build(swapped, options(shard: 5000, sequence: validation), into: blobs)
    }
    #expect(blobs.contents.isEmpty)
    #expect(throws: Never.self) { try build(split, options(shard: 50, sequence: validation - 1)) }
}

@Test func `a store that fails ends the build with its error`() throws {
    struct DiskFull: Error {}
    let split = try split(documents: 20)
    #expect(throws: DiskFull.self) {
        try DatasetBuilder.build(split, tokenizer: tokenizer.get(), options: options(shard: 64)) { _ in throw DiskFull()
        }
    }
}
