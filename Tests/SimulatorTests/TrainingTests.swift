import Recipes
import Simulator
import TestSupport
import Testing
import Tokenization
import WorkUnits

struct TrainingTests {
    /// Two files of text that repeats itself, each in its own way: easy to learn.
    private static func text() throws -> TextParts {
        let tokenizer = try Tokenizer.train(on: WordCounts(pattern: .gpt2), vocabulary: 257, specialTokens: [])
        let parts = [7, 11].map { (period: UInt32) in
            TextParts.Part(
                path: "\(period).txt", source: "source \(period)",
                tokens: (0..<6000).map { 40 + $0 % period * period % 50 })
        }
        return TextParts(
            parts: parts, validation: Array(parts[0].tokens.prefix(130) + parts[1].tokens.prefix(130)),
            tokenizer: tokenizer)
    }

    private static func recipe(
        _ federation: String = "versions: 4, mergeEvery: 4", audits: Double = 0
    ) throws -> Recipe {
        try Recipe.parse(
            """
            name: little
            model: {layers: 1, width: 16, heads: 2, context: 16}
            tokenizer: {vocabulary: 257}
            data: {paths: [nothing]}
            unit: {steps: 6, batchSize: 4}
            optimizer: {learningRate: 1.0e-2, warmupSteps: 4, restartSteps: 2}
            federation: {\(federation), audit: {share: \(audits)}}
            """, path: "recipe.yaml")
    }

    private static func simulate(
        _ recipe: Recipe, _ settings: SimulationSettings, threads: Int = 1, compare: [String] = []
    ) throws -> [Course] {
        let folder = try TemporaryFolder()
        let simulation = Simulation(text: try text(), threads: threads, folder: folder.path)
        return try Scenario(recipe: recipe, settings: settings).variants(compare).map { try simulation.run($0) }
    }

    @Test func `hosts train for real and any number of threads gives the same bytes`() throws {
        let settings = SimulationSettings(hosts: 12, profile: .internet, text: .dirichlet(0.5))
        let recipe = try Self.recipe("versions: 4, mergeEvery: 4, maximumStaleness: 1, updateCodec: int4")
        let bytes = try [1, 2, 5].map { threads in
            let courses = try Self.simulate(recipe, settings, threads: threads)
            #expect(courses[0].ending == .finished)
            return try CourseReport(title: "threads", courses: courses).jsonLines()
        }
        #expect(bytes[0] == bytes[1] && bytes[1] == bytes[2])
    }

    @Test func `the loss falls, with every codec and on hosts' own text`() throws {
        let courses = try Self.simulate(
            try Self.recipe(), SimulationSettings(hosts: 4),
            compare: ["text=shared,files,sources", "codec=float32,int4,topK*2"])
        for course in courses {
            let losses = course.records.compactMap { $0.measured?.loss }
            #expect(losses.count == 5, "\(course.name)")
            #expect(losses[4] < losses[0] - 0.2, "\(course.name)")
        }
        // Upwards, int4 is much smaller than float32 and topK again.
        #expect(courses[1].records[4].bytesUp * 3 < courses[0].records[4].bytesUp)
        #expect(courses[2].records[4].bytesUp * 2 < courses[1].records[4].bytesUp)
    }

    @Test func `nothing is audited where hosts hold back what others do not have`() throws {
        let recipe = try Self.recipe("versions: 2, mergeEvery: 4")
        let courses = try Self.simulate(
            recipe, SimulationSettings(hosts: 4), compare: ["audits=1", "codec=int4,topK"])
        #expect(courses.allSatisfy { $0.ending == .finished })
        #expect(courses[0].trust != nil && courses[1].trust == nil)
    }

    @Test func `one machine takes as many tokens as all hosts together`() throws {
        let courses = try Self.simulate(
            try Self.recipe(), SimulationSettings(hosts: 4), compare: ["strategy=oneMachine,fedAvg"])
        #expect(courses[0].records.map(\.tokens) == courses[1].records.map(\.tokens))
        #expect(courses[0].records[0].measured == courses[1].records[0].measured)
        let loss = try #require(courses[0].loss)
        #expect(loss < 3)
    }

    @Test func `hostile updates reach the merge and a robust rule bears them`() throws {
        let courses = try Self.simulate(
            try Self.recipe("versions: 4, mergeEvery: 5"), SimulationSettings(hosts: 5),
            compare: ["clip=none", "hostile=none,0.2:times1000", "rule=mean,geometricMedian"])
        let losses = try courses.map { try #require($0.loss) }
        #expect(losses[2] > losses[0] + 1, "the mean is destroyed")
        #expect(abs(losses[3] - losses[1]) < 0.5, "the geometric median is not")
        #expect(courses[2].records.last?.rejected == 0)
    }

    @Test func `a training whose numbers are no longer finite does not end those that it is compared with`() throws {
        let courses = try Self.simulate(
            try Self.recipe(), SimulationSettings(hosts: 4),
            compare: ["strategy=oneMachine", "learningRate=1.0e3,1.0e-2"])
        guard case .failed(let reason) = courses[0].ending else {
            Issue.record("a rate of a thousand is said to have gone well")
            return
        }
        #expect(reason.contains("not finite") && courses[0].records.count < 5)
        #expect(courses[1].ending == .finished && courses[1].records.count == 5)
        #expect(CourseTable.lines(courses)[2].contains("failed after version"))
    }

    @Test func `a running average of versions is measured beside the newest`() throws {
        let courses = try Self.simulate(
            try Self.recipe("versions: 3, mergeEvery: 2, averaging: 0.5"), SimulationSettings(hosts: 2))
        let last = try #require(courses[0].records.last?.measured)
        let average = try #require(last.averageLoss)
        #expect(average != last.loss && average < 6)
    }

    @Test func `own files are dealt out, and text begins again after its end`() throws {
        let text = try Self.text()
        let recipe = try Self.recipe()
        var hosts = HostText(text, settings: SimulationSettings(hosts: 2, text: .files), recipe: recipe)
        let first = Set(text.parts[0].tokens)
        #expect(Set(hosts.tokens(of: 0..<12, host: 0)).isSubset(of: first))
        #expect(!Set(hosts.tokens(of: 0..<12, host: 1)).isSubset(of: first))
        var shared = HostText(text, settings: SimulationSettings(hosts: 2), recipe: recipe)
        let unit = shared.tokens(of: 0..<125, host: 0)
        let all = text.parts.flatMap(\.tokens)
        #expect(unit.count == 8001 && all.count == 12_000)
        #expect(!first.isSuperset(of: unit.prefix(2000)), "a unit has text of every file")
        let next = shared.tokens(of: 125..<250, host: 1)
        #expect(unit.dropLast().sorted().count + 4000 == all.count)
        #expect((unit.dropLast() + next.prefix(4000)).sorted() == all.sorted(), "every token once")
        #expect(next.dropFirst(4000).prefix(100) == unit.prefix(100), "and again after the end")
    }

    @Test func `no sequence of shared text is put together from two passages, in any pass over it`() throws {
        let given = try Self.text()
        let recipe = try Self.recipe()
        let length = recipe.unit.sequenceLength
        // Each sequence that begins where passages do is one number over and over; the last one is not whole.
        let text = TextParts(
            parts: [.init(path: "a", source: "a", tokens: (0..<6009).map { UInt32($0 / length % 250) })],
            validation: given.validation, tokenizer: given.tokenizer)
        var hosts = HostText(text, settings: SimulationSettings(hosts: 1), recipe: recipe)
        let steps = 3 * 6009 / recipe.tokensPerStep
        let tokens = hosts.tokens(of: 0..<steps, host: 0)
        for start in stride(from: 0, to: tokens.count - length, by: length) {
            #expect(Set(tokens[start..<start + length]).count == 1)
        }
        #expect(Set(tokens) == Set(0..<250))
    }

    @Test func `a report escapes names, and has a line for each version`() throws {
        var course = Course(name: "a <b> & c")
        course.records = try Self.simulate(try Self.recipe("versions: 1, mergeEvery: 1"), SimulationSettings(hosts: 1))[
            0
        ]
        .records
        let report = CourseReport(title: "title <1>", courses: [course])
        #expect(try report.jsonLines().count { $0 == 10 } == 2)
        #expect(report.html.contains("a &lt;b&gt; &amp; c") && !report.html.contains("<b>"))
        for picture in CourseReport.Picture.allCases {
            #expect(report.svg(picture).contains("a &lt;b&gt; &amp; c"))
        }
        #expect(CourseTable.lines([course]).count == 3)
    }
}
