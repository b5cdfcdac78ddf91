import Deduplication
import TestSupport
import Testing

struct NearDuplicateSearchTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func search(
        _ name: String = "search", _ parameters: MinHashParameters = .init()
    ) throws -> NearDuplicateSearch {
        try NearDuplicateSearch(folder: folder.file(name), parameters: parameters)
    }

    private func decisions(_ result: NearDuplicates) throws -> [Int?] {
        try (0..<result.documents).map { try result.original(of: $0) }
    }

    /// A signature of one number.
    private func filled(_ value: UInt32) -> [UInt32] { Array(repeating: value, count: 128) }

    @Test func `planted copies are found, and nothing unlike is removed`() throws {
        let corpus = PlantedCorpus(seed: 5, originals: 400, lengths: 40...300, edits: [0, 0.005, 0.01, 0.02, 0.1])
        let hasher = try MinHasher(.init())
        let search = try search()
        for document in corpus.documents.indices { try search.append(hasher.signature(of: corpus.text(document))) }
        let result = try search.finish(threads: 2)
        var (alike, found, exact) = (0, 0, 0)
        for (copy, original) in corpus.originals {
            let similarity = corpus.similarity(copy, original, shingle: 5)
            if similarity > 0.9 {
                alike += 1
                found += result.isRemoved(copy) ? 1 : 0
            }
            if similarity == 1 {
                exact += 1
                #expect(try result.original(of: copy) == original)
            }
            if let kept = try result.original(of: copy) {
                #expect(corpus.similarity(copy, kept, shingle: 5) > 0.6)
                #expect(!result.isRemoved(kept) && kept < copy)
            }
        }
        #expect((0..<400).allSatisfy { !result.isRemoved($0) })
        #expect(exact >= 400 && alike > 600 && Double(found) >= 0.99 * Double(alike), "\(found) of \(alike)")
        #expect(result.removed < 1900)
        #expect(result.clustersBySize.reduce(0, +) == result.clusters && result.samples.count == 8)
        #expect(result.samples.allSatisfy { $0.similarity >= 0.8 })
    }

    @Test(arguments: 0..<3 as Range<UInt64>)
    func `decisions are those of the rule, checked pair by pair`(seed: UInt64) throws {
        // Few values in few bands, so that chains of similar signatures are frequent.
        var parameters = MinHashParameters()
        (parameters.permutations, parameters.bands, parameters.rows, parameters.threshold) = (8, 4, 2, 0.6)
        var random = SplitMix64(seed: seed)
        var signatures: [[UInt32]] = []
        for _ in 0..<600 {
            var signature = signatures.randomElement(using: &random) ?? Array(repeating: 0, count: 8)
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                signature[Int.random(in: 0..<8, using: &random)] = UInt32.random(in: 0..<50, using: &random)
            }
            signatures.append(signature)
        }
        let search = try search("rule", parameters)
        for signature in signatures { try search.append(signature) }
        let found = try decisions(search.finish(threads: 2))
        #expect(found == specified(signatures, parameters))
        #expect(found.compactMap { $0 }.count > 50)
    }

    /// The rule of `NearDuplicateSearch`, with everything in memory.
    private func specified(_ signatures: [[UInt32]], _ parameters: MinHashParameters) -> [Int?] {
        var kept: [[UInt32]: [Int]] = [:]
        return signatures.enumerated().map { document, signature in
            let bands = (0..<parameters.bands).map { band in
                [UInt32(band)] + signature[band * parameters.rows..<(band + 1) * parameters.rows]
            }
            let candidates = Set(bands.flatMap { kept[$0] ?? [] }).sorted()
            let original = candidates.first { candidate in
                let agreement = zip(signatures[candidate], signature).count { $0 == $1 }
                return Double(agreement) >= parameters.threshold * Double(parameters.permutations)
            }
            if original == nil {
                for band in bands where kept[band, default: []].count < 16 { kept[band, default: []].append(document) }
            }
            return original
        }
    }

    @Test func `a chain keeps what is like none of the kept`() throws {
        // B shares 112 of 128 values with A and with C; A and C share 96, less than 0.8.
        let a = (0..<128).map { UInt32($0) }
        let b = a.enumerated().map { $0 < 16 ? 1000 + $1 : $1 }
        let c = b.enumerated().map { $0 >= 112 ? 2000 + $1 : $1 }
        let search = try search()
        for signature in [a, b, c, c] { try search.append(signature) }
        let result = try search.finish()
        #expect(try decisions(result) == [nil, 0, nil, 2])
        #expect(result.removed == 2 && result.clusters == 2 && result.largestCluster == 2)
        #expect(result.samples.map(\.similarity) == [0.875, 1])
        let first = try #require(result.samples.first)
        #expect(first.document == 1 && first.original == 0)
    }

    @Test func `twenty thousand equal documents cost one comparison each`() throws {
        let search = try search()
        for number in 0..<20_000 as Range<UInt32> { try search.append(filled(number % 2)) }
        let result = try search.finish(threads: 2)
        #expect(result.removed == 19_998 && result.clusters == 2 && result.largestCluster == 10_000)
        #expect(try result.original(of: 19_999) == 1)
        #expect(result.clustersBySize.last == 2 && result.clustersBySize.count == 13)
    }

    @Test func `the number of threads changes nothing`() throws {
        let corpus = PlantedCorpus(seed: 9, originals: 150, lengths: 20...80, edits: [0.01, 0.05])
        let hasher = try MinHasher(.init())
        let signatures = corpus.documents.indices.map { hasher.signature(of: corpus.text($0)) }
        let results = try [1, 2, 5].map { threads in
            let search = try search("threads-\(threads)")
            for signature in signatures { try search.append(signature) }
            return try search.finish(threads: threads)
        }
        for result in results {
            #expect(try decisions(result) == decisions(results[0]))
            #expect(result.samples == results[0].samples)
        }
    }

    @Test func `a search goes on after a crash from what was synced`() throws {
        let numbers = (0..<3000).map { UInt32($0 % 1700) }
        let whole = try search("whole")
        for number in numbers { try whole.append(filled(number)) }
        do {
            let search = try search("part")
            for number in numbers.prefix(1000) { try search.append(filled(number)) }
            try search.sync()
            for _ in 0..<900 { try search.append(filled(7)) }
            try search.sync()
        }
        let resumed = try NearDuplicateSearch(resuming: folder.file("part"), documents: 1000, parameters: .init())
        #expect(resumed.documents == 1000)
        for number in numbers.dropFirst(1000) { try resumed.append(filled(number)) }
        #expect(try decisions(resumed.finish()) == decisions(whole.finish()))
        // The signatures stay: a finish that was cut short can be repeated.
        #expect(try resumed.finish().removed == 1300)
    }

    @Test func `a search that lost signatures is refused`() throws {
        do {
            let search = try search()
            try search.append(filled(1))
            try search.sync()
        }
        let failure = DeduplicationFailure.missingSignatures(
            expected: 2, found: 1, path: folder.file("search") + "/signatures")
        #expect(throws: failure) {
            try NearDuplicateSearch(resuming: folder.file("search"), documents: 2, parameters: .init())
        }
        var impossible = MinHashParameters()
        impossible.bands = 100
        #expect(throws: DeduplicationFailure.self) { try search("other", impossible) }
        try folder.write([1], to: "file")
        #expect(throws: DeduplicationFailure.self) { try search("file/folder") }
    }

    @Test func `no documents are no duplicates`() throws {
        let result = try search().finish(threads: 3)
        #expect(result.documents == 0 && result.removed == 0 && result.samples.isEmpty && result.clustersBySize.isEmpty)
    }
}
