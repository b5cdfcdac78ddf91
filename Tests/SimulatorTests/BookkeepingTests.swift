import Recipes
import Simulator
import Testing
import WorkUnits

struct BookkeepingTests {
    static func recipe(versions: Int = 6, mergeEvery: Int = 8, staleness: Int = 2, audits: Double = 0) throws -> Recipe
    {
        try Recipe.parse(
            """
            name: imaginary
            model: {layers: 1, width: 16, heads: 2, context: 32}
            tokenizer: {vocabulary: 300}
            data: {paths: [nothing]}
            unit: {steps: 4, batchSize: 4}
            federation: {versions: \(versions), mergeEvery: \(mergeEvery), maximumStaleness: \(staleness), audit: {share: \(audits)}}
            """, path: "recipe.yaml")
    }

    private static func simulate(_ settings: SimulationSettings, _ recipe: Recipe) throws -> Course {
        try Simulation(text: nil, threads: 1, folder: "").run(Scenario(recipe: recipe, settings: settings))
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func `a run comes to its end with hosts that vanish and come back`(
        seed: UInt64
    ) throws {
        let settings = SimulationSettings(hosts: 60, profile: .internet, seed: seed)
        let course = try Self.simulate(settings, Self.recipe())
        #expect(course.ending == .finished)
        #expect(course.records.map(\.version) == Array(0...6))
        #expect(course.checks > 100)
        for (left, right) in zip(course.records, course.records.dropFirst()) {
            #expect(left.hours < right.hours && left.bytesUp < right.bytesUp && left.tokens < right.tokens)
        }
    }

    @Test func `the same seed makes the same course and another seed another`() throws {
        let courses = try [4, 4, 5].map { (seed: UInt64) in
            try Self.simulate(SimulationSettings(hosts: 40, profile: .internet, seed: seed), Self.recipe())
        }
        #expect(courses[0] == courses[1])
        #expect(courses[0] != courses[2])
    }

    @Test func `equal hosts that are always on waste nothing`() throws {
        let course = try Self.simulate(SimulationSettings(hosts: 8), Self.recipe(staleness: 0))
        let last = try #require(course.records.last)
        #expect(last.efficiency == 1 && last.issued == 48 && last.staleness == 0)
        // Six versions of two and a half minutes each, and some seconds between them.
        #expect((0.25...0.3).contains(last.hours))
    }

    @Test func `the share of hostile contributions is that of the hosts`() throws {
        let settings = SimulationSettings(hosts: 8, attack: .noise, hostileShare: 0.25)
        let course = try Self.simulate(settings, Self.recipe(staleness: 0))
        #expect(course.records.dropFirst().allSatisfy { $0.hostile == 2 })
    }

    @Test func `a run that is stopped keeps what it has`() throws {
        var isEnough = false
        let course = try Simulation(text: nil, threads: 1, folder: "").run(
            Scenario(recipe: Self.recipe(), settings: SimulationSettings(hosts: 8)), shouldStop: { isEnough }
        ) { isEnough = $0.records.count == 3 }
        #expect(course.ending == .stopped)
        #expect(course.records.map(\.version) == [0, 1, 2])
    }

    @Test func `a run that cannot go on says so`() throws {
        var profile = HostProfile.lan
        profile.leaving = 1
        profile.habits = [.init(share: 1, habit: .sporadic(on: 0.05, off: 0.1))]
        let course = try Self.simulate(SimulationSettings(hosts: 3, profile: profile), Self.recipe())
        guard case .failed(let reason) = course.ending else {
            Issue.record("a run without hosts is said to have gone well")
            return
        }
        #expect(reason.contains("stalled"))
    }
}
