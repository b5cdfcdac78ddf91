import Datasets
import Deduplication
import TestSupport
import Testing

struct SideTests {
    @Test(arguments: 0..<10 as Range<UInt64>)
    func `no text is on both sides, and none is lost`(seed: UInt64) throws {
        var example = try Example(["texts": (0..<200).map { "text \($0 % 150)" }], validationShare: 0.1)
        example.plan.seed = seed
        let (training, validation) = try example.sides()
        #expect(Set(training).isDisjoint(with: validation))
        #expect(Set(training).union(validation).count == 150)
        #expect(training.count == 135 && validation.count == 15)
    }

    @Test func `the seed decides the sides, the order of reading does not`() throws {
        let texts = (0..<100).map { "text \($0)" }
        var example = try Example(["texts": texts])
        let sides = try example.sides()
        #expect(try Example(["texts": texts.reversed()]).sides() == sides)
        example.plan.seed = 2
        #expect(try Set(example.sides().validation) != Set(sides.validation))
    }

    @Test func `each side gets at least one document, and a single one cannot be divided`() throws {
        for share in [0.001, 0.5, 0.999] {
            let (training, validation) = try Example(["texts": ["one", "two"]], validationShare: share).sides()
            #expect(training.count == 1 && validation.count == 1)
        }
        let failure = #expect(throws: DatasetFailure.oneDocument) { try Example(["texts": ["one text"]]).sides() }
        #expect(failure?.description.contains("separator") == true)
        let empty = try Example(["texts": [" ", "\n"]])
        #expect(throws: DatasetFailure.noText(paths: [empty.folder.path], problem: nil)) { try empty.sides() }
    }

    @Test func `copies planted across the split leave nothing on both sides that resembles`() throws {
        var random = SplitMix64(seed: 5)
        let words = (0..<2000).map { "word\($0)" }
        func text(_ count: Int) -> [String] { (0..<count).map { _ in words.randomElement(using: &random) ?? "" } }
        var documents: [[String]] = []
        for _ in 0..<150 {
            let original = text(120)
            documents.append(original)
            // A word of the copy is another one: of the runs of words only a few differ.
            var copy = original
            copy[Int.random(in: 0..<120, using: &random)] = "changed"
            documents.append(copy)
        }
        documents.shuffle(using: &random)
        var example = try Example(["texts": documents.map { $0.joined(separator: " ") }], validationShare: 0.5)
        let (training, validation) = try example.sides()
        #expect(Self.similarPairs(training, validation) > 30, "the copies are on both sides as long as they stay")

        example.plan.nearDuplicates = MinHashParameters()
        let (cleanTraining, cleanValidation) = try example.sides()
        #expect(Self.similarPairs(cleanTraining, cleanValidation) == 0)
        #expect(cleanTraining.count + cleanValidation.count == 150)
    }

    /// Pairs that share more than four in five of their runs of five words.
    private static func similarPairs(_ left: [String], _ right: [String]) -> Int {
        func runs(_ text: String) -> Set<ArraySlice<Substring>> {
            let words = text.split(separator: " ")
            return Set((0...words.count - 5).map { words[$0..<$0 + 5] })
        }
        let rights = right.map(runs)
        return left.map(runs).reduce(0) { count, left in
            count
                + rights.count { right in
                    let common = left.intersection(right).count
                    return 5 * common > 4 * (left.count + right.count - common)
                }
        }
    }
}

struct HeldOutFileTests {
    private func example(_ patterns: [String]) throws -> Example {
        var files: [String: [String]] = [:]
        for name in ["emma.txt", "emma.old", "moby.txt"] {
            files[name] = ["\(name) one", "\(name) two", "said everywhere"]
        }
        var example = try Example(files)
        example.plan.validation.files = patterns
        return example
    }

    @Test(arguments: [
        (["emma.txt"], ["emma.txt one", "emma.txt two"]),
        (["emma.*"], ["emma.old one", "emma.old two", "said everywhere", "emma.txt one", "emma.txt two"]),
        (["*y.txt", "emma.txt"], ["emma.txt one", "emma.txt two", "moby.txt one", "moby.txt two"]),
    ])
    func `files that match are held out whole`(patterns: [String], held: [String]) throws {
        let (training, validation) = try example(patterns).sides()
        #expect(Set(validation) == Set(held))
        #expect(training.count + validation.count == 7)
        #expect(Set(training).isDisjoint(with: held))
    }

    @Test func `a pattern may name the end of a path or the whole of it`() throws {
        var example = try example([])
        let name = try #require(example.folder.path.split(separator: "/").last)
        for pattern in ["\(name)/moby.txt", example.folder.file("moby.txt")] {
            example.plan.validation.files = [pattern]
            #expect(try example.sides().validation.count == 2)
        }
    }

    @Test func `a pattern that matches nothing is refused, and so is one that leaves nothing`() throws {
        #expect(throws: DatasetFailure.nothingHeldOut(pattern: "ema.txt")) {
            try example(["emma.txt", "ema.txt"]).sides()
        }
        #expect(throws: DatasetFailure.everythingHeldOut(patterns: ["*"])) { try example(["*"]).sides() }
    }
}

struct MixtureTests {
    private func example(weights: [Double?]) throws -> Example {
        var example = try Example([
            "a": (0..<600).map { "a text \($0)" }, "b": (0..<600).map { "b text \($0)" },
            "c": (0..<100).map { "c text \($0)" },
        ])
        let folder = example.folder
        let reading = example.plan.sources[0].reading
        example.plan.sources = zip(["a", "b", "c"], weights).map { name, weight in
            DatasetPlan.Source(name: name, paths: [folder.file(name)], reading: reading, weight: weight)
        }
        return example
    }

    @Test func `weights decide the shares of the training text, and no text is repeated`() throws {
        let sides = try example(weights: [3, 1, 1]).sides()
        let counts = ["a", "b", "c"].map { name in sides.training.count { $0.hasPrefix(name) } }
        #expect(Set(sides.training).count == sides.training.count)
        // The third source is the scarcest for its weight: all of it is taken, and three times as much of the first.
        #expect(counts[2] > 60)
        #expect((0.8...1.25).contains(Double(counts[1]) / Double(counts[2])))
        #expect((2.4...3.75).contains(Double(counts[0]) / Double(counts[2])))
    }

    @Test func `without weights all text is taken`() throws {
        let sides = try example(weights: [nil, nil, nil]).sides()
        #expect(sides.training.count + sides.validation.count == 1300)
    }

    @Test func `weights do not change what is held out`() throws {
        #expect(
            try example(weights: [3, 1, 1]).sides().validation == example(weights: [nil, nil, nil]).sides().validation)
    }
}
