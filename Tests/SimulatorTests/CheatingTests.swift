import Recipes
import Simulator
import TestSupport
import Testing
import Tokenization
import WorkUnits

/// Hosts that do not do what they are asked, and what becomes of them.
struct CheatingTests {
    private static func simulate(
        _ cheating: Cheating, versions: Int = 40, hosts: Int = 60, profile: HostProfile = .internet
    ) throws -> TrustReport {
        let recipe = try BookkeepingTests.recipe(versions: versions, audits: 0.05)
        let settings = SimulationSettings(hosts: hosts, profile: profile, cheating: cheating)
        let course = try Simulation(text: nil, threads: 1, folder: "").run(
            Scenario(recipe: recipe, settings: settings))
        #expect(course.ending == .finished)
        return try #require(course.trust)
    }

    @Test func `nobody who is honest is convicted, whatever the network loses and whoever vanishes`() throws {
        let report = try Self.simulate(Cheating())
        let line = try #require(report.lines.first)
        #expect(report.lines.count == 1 && line.cheat == nil)
        #expect(line.answers > 300 && line.found == 0 && line.wronglyConvicted == 0 && line.burned == 0)
        #expect(report.auditedTokens > 0 && report.overhead < 0.5, "most hosts are new here")
    }

    @Test func `a host that cheats from its first answer on is found at once`() throws {
        let kinds = Cheat.allCases.filter { $0 != .lazyAuditor }
        let report = try Self.simulate(Cheating(share: 0.4, kinds: kinds), hosts: 65, profile: .lan)
        let lines = report.lines.filter { $0.cheat != nil && $0.cheated > 0 }
        #expect(lines.count > 8)
        // A few had a unit that others had answered, took it for an audit, were honest, and confirmed for that.
        let found = lines.reduce(0) { $0 + $1.found }
        #expect(Double(found) > 0.5 * Double(lines.reduce(0) { $0 + $1.cheated }))
        for line in report.lines { #expect(line.wronglyConvicted == 0) }
        #expect(lines.reduce(0) { $0 + $1.burned } > lines.reduce(0) { $0 + $1.earned })
    }

    @Test func `who was honest for long is found by and by, and loses what waits`() throws {
        let report = try Self.simulate(
            Cheating(share: 0.3, kinds: [.noise], honestFirst: 30), versions: 250, hosts: 20, profile: .lan)
        let line = try #require(report.lines.first { $0.cheat == .noise })
        #expect(line.found > 0 && line.found < line.cheated, "of twenty one is drawn")
        #expect(line.burned > 0 && line.confirmed == 0)
        #expect(report.lines[0].wronglyConvicted == 0)
        let gain = try #require(report.gain(of: line))
        #expect(gain < 0, "it is paid for less than it trained: \(gain)")
        #expect(report.gain(of: report.lines[0]) == 0)
    }

    @Test func `a lazy auditor is convicted of its audits alone`() throws {
        let report = try Self.simulate(
            Cheating(share: 0.3, kinds: [.lazyAuditor]), versions: 60, hosts: 20, profile: .lan)
        let line = try #require(report.lines.first { $0.cheat == .lazyAuditor })
        #expect(line.found > 0 && line.confirmed == 0)
        #expect(line.answers > line.cheated, "its own units are honest")
    }

    @Test func `the same seed finds the same cheats`() throws {
        let reports = try (0..<2).map { _ in try Self.simulate(Cheating(share: 0.2, honestFirst: 5, rate: 0.5)) }
        #expect(reports[0] == reports[1])
        #expect(reports[0].table.count == reports[0].lines.count + 2 && reports[0].summary.contains(" 0 convicted"))
    }

    /// One recipe, whose hosts train, cheat and audit for real.
    private static let recipe = """
        name: little
        model: {layers: 1, width: 16, heads: 2, context: 16}
        tokenizer: {vocabulary: 257}
        data: {paths: [nothing]}
        unit: {steps: 20, batchSize: 4}
        optimizer: {learningRate: 1.0e-2, warmupSteps: 4, restartSteps: 2}
        federation: {versions: 5, mergeEvery: 4, updateCodec: int4, audit: {share: 1}}
        """

    @Test(arguments: Cheat.allCases) func `the bytes tell each kind of cheat from training`(_ cheat: Cheat) throws {
        let tokenizer = try Tokenizer.train(on: WordCounts(pattern: .gpt2), vocabulary: 257, specialTokens: [])
        let tokens: [UInt32] = (0..<9000).map { 40 + $0 % 11 * $0 % 7 }
        let text = TextParts(
            parts: [TextParts.Part(path: "a", source: "a", tokens: tokens)], validation: Array(tokens.prefix(130)),
            tokenizer: tokenizer)
        let settings = SimulationSettings(hosts: 6, cheating: Cheating(share: 0.34, kinds: [cheat], honestFirst: 1))
        let folder = try TemporaryFolder()
        let course = try Simulation(text: text, threads: 1, folder: folder.path).run(
            Scenario(recipe: try Recipe.parse(Self.recipe, path: "recipe.yaml"), settings: settings))
        let report = try #require(course.trust)
        let line = try #require(report.lines.first { $0.cheat == cheat })
        #expect(course.ending == .finished)
        #expect(report.lines[0].wronglyConvicted == 0 && report.lines[0].wronglyRefused == 0)
        if cheat == .pair || cheat == .swarm {
            #expect(line.cheated > 0, "accomplices confirm each other where they audit each other")
        } else {
            #expect(line.cheated > 0 && line.found + line.refused > 0 && line.confirmed == 0)
        }
    }
}
