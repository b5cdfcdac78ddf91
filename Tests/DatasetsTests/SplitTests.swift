import Datasets
import Testing
import TestSupport

private func corpus(_ texts: [String]) throws -> Corpus {
    let folder = try TemporaryFolder()
    try folder.write(Array(texts.joined(separator: "\n%\n").utf8), to: "texts")
    return try Corpus.read(paths: [folder.path], separator: "%", excluding: [])
}

@Test(arguments: 0..<10 as Range<UInt64>)
func `no text is on both sides, and none is lost`(seed: UInt64) throws {
    let corpus = try corpus((0..<200).map { "text \($0 % 150)" })
    let split = try corpus.split(validationShare: 0.1, seed: seed)
    let (training, validation) = (Set(split.training.map(\.text)), Set(split.validation.map(\.text)))
    #expect(training.isDisjoint(with: validation))
    #expect(training.union(validation).count == 150)
    #expect(split.validation.count == 15)
    #expect(split.duplicates == 50)
}

@Test func `the seed decides the sides, the order of reading does not`() throws {
    let texts = (0..<100).map { "text \($0)" }
    let sides = try corpus(texts).split(validationShare: 0.2, seed: 1)
    let again = try corpus(texts.reversed()).split(validationShare: 0.2, seed: 1)
    let other = try corpus(texts).split(validationShare: 0.2, seed: 2)
    #expect(Set(sides.validation.map(\.text)) == Set(again.validation.map(\.text)))
    #expect(Set(sides.validation.map(\.text)) != Set(other.validation.map(\.text)))
}

@Test func `the sides are the same on every machine`() throws {
    let split = try corpus(["one", "two", "three", "four", "five", "six"]).split(validationShare: 0.5, seed: 7)
    #expect(split.validation.map(\.text) == ["two", "four", "six"])
}

@Test func `each side gets at least one document`() throws {
    let two = try corpus(["one", "two"])
    for share in [0.001, 0.5, 0.999] {
        let split = try two.split(validationShare: share, seed: 0)
        #expect(split.training.count == 1)
        #expect(split.validation.count == 1)
    }
}

@Test func `a single document cannot be divided`() throws {
    let failure = #expect(throws: CorpusFailure.self) {
        try corpus(["one text"]).split(validationShare: 0.5, seed: 0)
    }
    #expect(failure?.description.contains("separator") == true)
}

struct HeldOutFileTests {
    private func corpus(_ folder: TemporaryFolder) throws -> Corpus {
        for name in ["emma.txt", "emma.old", "moby.txt"] {
            try folder.write(Array("\(name) one\n%\n\(name) two\n%\nsaid everywhere".utf8), to: name)
        }
        return try Corpus.read(paths: [folder.path], separator: "%", excluding: [])
    }

    @Test(arguments: [
        (["emma.txt"], ["emma.txt one", "emma.txt two"]),
        (["emma.*"], ["emma.old one", "emma.old two", "said everywhere", "emma.txt one", "emma.txt two"]),
        (["*y.txt", "emma.txt"], ["emma.txt one", "emma.txt two", "moby.txt one", "moby.txt two"]),
    ])
    func `files that match are held out whole`(patterns: [String], held: [String]) throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(folder)
        let split = try corpus.split(holdingOut: patterns)
        #expect(split.validation.map(\.text) == held)
        #expect(split.training.count + held.count == corpus.documents.count)
        #expect(Set(split.training.map(\.text)).isDisjoint(with: held))
        #expect(split.duplicates == 2)
    }

    @Test func `a pattern may name the end of a path or the whole of it`() throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(folder)
        let name = try #require(folder.path.split(separator: "/").last)
        for pattern in ["\(name)/moby.txt", folder.file("moby.txt")] {
            #expect(try corpus.split(holdingOut: [pattern]).validation.count == 2)
        }
    }

    @Test func `a pattern that matches nothing is refused, and so is one that leaves nothing`() throws {
        let folder = try TemporaryFolder()
        let corpus = try corpus(folder)
        #expect(throws: CorpusFailure.nothingHeldOut(pattern: "ema.txt")) {
            try corpus.split(holdingOut: ["emma.txt", "ema.txt"])
        }
        #expect(throws: CorpusFailure.everythingHeldOut(patterns: ["*"])) { try corpus.split(holdingOut: ["*"]) }
    }
}
