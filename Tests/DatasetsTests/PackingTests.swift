import Datasets
import TestSupport
import Testing
import Tokenization
import WorkUnits

@Test func `the shards hold all documents, each ended, and the last shard begins again`() throws {
    var (example, shards) = (try Example(["texts": Example.numbers(40)]), Shards())
    // One passage, in which the order stays that of the documents.
    example.plan.passageTokens = DatasetPlan.passageRange.upperBound
    let prepared = try example.prepared(into: shards)
    let manifest = prepared.manifest
    // The last token of a shard is the first of the next.
    let stream = try manifest.shards.flatMap { try shards.tokens($0).dropLast() }
    let (all, again) = (stream.prefix(manifest.training.tokens), stream.dropFirst(manifest.training.tokens))

    #expect(manifest.shards.allSatisfy { $0.tokens == 101 })
    #expect(manifest.shards.count == (manifest.training.tokens + 99) / 100)
    #expect(prepared.documents(all) == (try example.sides().training))
    #expect(manifest.training.documents == 30)
    #expect(all.last == prepared.tokenizer.endOfText)
    #expect(!again.isEmpty && Array(again) == Array(all.prefix(again.count)))
}

@Test func `text shorter than a shard goes round until it is full`() throws {
    let shards = Shards()
    let manifest = try Example(["texts": Example.numbers(8)], shardTokens: 1000).prepared(into: shards).manifest
    let shard = try #require(manifest.shards.first)
    let tokens = try shards.tokens(shard)
    #expect(manifest.shards.count == 1)
    #expect(tokens == (0..<1000).map { tokens[$0 % manifest.training.tokens] })
}

@Test func `the validation shard holds the other documents, up to its limit`() throws {
    var (example, shards) = (try Example(["texts": Example.numbers(40)]), Shards())
    let whole = try example.prepared(into: shards)
    let held = try example.sides().validation
    #expect(whole.documents(try shards.tokens(whole.manifest.validationShard)) == held)
    #expect(whole.manifest.validationBytes == held.reduce(0) { $0 + $1.utf8.count })
    #expect(whole.manifest.validation.bytes == whole.manifest.validationBytes)

    example.plan.validation.maximumTokens = 20
    let capped = try example.prepared(into: shards).manifest
    #expect(
        try shards.tokens(capped.validationShard) == Array(shards.tokens(whole.manifest.validationShard).prefix(20)))
    #expect(capped.validation == whole.manifest.validation)
    #expect(capped.validationBytes == 18)
}

@Test func `the same documents give the same shards in any order of reading and on any number of threads`() throws {
    let numbers = Example.numbers(400)
    let manifest = try Example(["texts": numbers]).prepared(threads: 1).manifest
    for threads in [2, 3] {
        let parts = ["a": Array(numbers[200...]), "b": Array(numbers[..<200].reversed())]
        let other = try Example(parts).prepared(threads: threads).manifest
        #expect(other.shards == manifest.shards)
        #expect(other.validationShard == manifest.validationShard)
        #expect(other.tokenizer == manifest.tokenizer)
    }
    var example = try Example(["texts": numbers])
    example.plan.seed = 2
    #expect(try example.prepared().manifest.shards != manifest.shards)
}

@Test func `the tokenizer learns from the training side alone, at most the sample`() throws {
    var example = try Example(["train": ["abababab", "cdcdcdcd"], "held": ["xyxyxyxy xyxyxyxy"]])
    example.plan.validation.files = ["held"]
    example.plan.sequenceLength = 2
    example.plan.tokenizer = .trained(vocabulary: 300, pattern: .gpt2, specialTokens: [], sampleBytes: 1 << 20)
    let all = try example.prepared().tokenizer
    #expect(all.encode("abab").count < 4 && all.encode("cdcd").count < 4)
    #expect(all.encode("xyxy").count == 4)
}

@Test func `text shorter than one sequence is refused, and nothing is stored`() throws {
    var (example, shards) = (try Example(["texts": Example.numbers(8)], shardTokens: 5000), Shards())
    let (training, validation) = try { ($0.training.tokens, $0.validation.tokens) }(example.prepared().manifest)
    #expect(validation < training)
    example.plan.sequenceLength = validation
    #expect(throws: DatasetFailure.tooLittleToMeasure(tokens: validation, needed: validation + 1)) {
        try example.prepared(into: shards)
    }
    #expect(shards.contents.isEmpty)
    example.plan.sequenceLength = validation - 1
    #expect(throws: Never.self) { try example.prepared(into: shards) }

    var swapped = try Example(["texts": Example.numbers(8)], shardTokens: 5000, validationShare: 0.75)
    let less = try swapped.prepared().manifest.training.tokens
    swapped.plan.sequenceLength = less
    #expect(throws: DatasetFailure.tooLittleToTrain(tokens: less, needed: less + 1)) { try swapped.prepared() }
}

@Test func `a preparation that was stopped at any shard goes on to the same dataset`() throws {
    let texts = ["a": Example.numbers(300), "b": (300..<600).map { "text \($0)" }]
    let example = try Example(texts, shardTokens: 501)
    let whole = try example.prepared()
    for room in [0, 1, 2, 7, whole.manifest.shards.count] {
        let (work, shards) = (try TemporaryFolder(), Shards())
        shards.room = room
        #expect(throws: Shards.Full.self) {
            try example.preparation(in: work, bytesBetweenSaves: 1).run(store: shards.store)
        }
        shards.room = nil
        let again = try example.preparation(in: work, bytesBetweenSaves: 1).run(store: shards.store)
        #expect(again.manifest == whole.manifest)
        #expect(throws: Never.self) { try again.manifest.shards.map(shards.tokens) }
    }
}

@Test func `another plan or another file does not go on with what the first left`() throws {
    var example = try Example(["texts": Example.numbers(100)])
    let (work, shards) = (try TemporaryFolder(), Shards())
    shards.room = 2
    #expect(throws: Shards.Full.self) { try example.preparation(in: work).run(store: shards.store) }
    shards.room = nil
    try example.folder.write(Array(Example.numbers(50).joined(separator: "\n%\n").utf8), to: "texts")
    #expect(try example.preparation(in: work).run(store: shards.store).manifest == example.prepared().manifest)
    example.plan.seed = 9
    #expect(try example.preparation(in: work).run(store: shards.store).manifest == example.prepared().manifest)
}

@Test func `reading that was stopped in the middle of a file goes on there`() throws {
    struct Stop: Error {}
    let example = try Example(["a": Example.numbers(20_000), "b": ["one", "number 7"]], shardTokens: 100_001)
    let whole = try example.prepared()
    let work = try TemporaryFolder()
    var shown = 0
    for _ in 0..<3 {
        #expect(throws: Stop.self) {
            try example.preparation(threads: 1, in: work, bytesBetweenSaves: 1) { _ in
                shown += 1
                if shown.isMultiple(of: 2) { throw Stop() }
            }.corpus()
        }
    }
    var firstBytes: Int?
    let again = try example.preparation(in: work, bytesBetweenSaves: 1) { progress in
        if progress.stage == .reading, firstBytes == nil { firstBytes = progress.done }
    }.run(store: Shards().store)
    #expect(again.manifest == whole.manifest)
    // Three blocks of documents were read before, and are not worked on again.
    #expect(try #require(firstBytes) > 100_000)
}
