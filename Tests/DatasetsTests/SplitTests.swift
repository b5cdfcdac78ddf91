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
