import Foundation
import LanguageModel
import Testing
import Training
import WorkUnits

/// Training against PyTorch's, from `Fixtures/losses.json`, which `Fixtures/make_fixtures.py` writes.
struct PyTorchTests {
    private struct Fixture: Decodable {
        var model: ModelConfiguration
        var settings: TrainingSettings
        var weightSeed: UInt64
        var tokens: [UInt32]
        var losses: [Double]
        var gradientNorms: [Double]
    }

    private let fixture: Fixture

    init() throws {
        let url = try #require(
            Bundle.module.url(forResource: "losses", withExtension: "json", subdirectory: "Fixtures"))
        fixture = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
    }

    private func reports(_ change: (inout TrainingSettings) -> Void = { _ in }) throws -> [StepReport] {
        var settings = fixture.settings
        change(&settings)
        let trainer = try Trainer(
            model: fixture.model, settings: settings,
            weights: InitialWeights(model: fixture.model, seed: fixture.weightSeed).all(), tokens: fixture.tokens,
            threads: 2)
        return try (0..<settings.steps).map { _ in try trainer.takeStep() }
    }

    /// The greatest relative difference.
    private func difference(_ found: [Double], _ expected: [Double]) -> Double {
        zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1) / abs($1.1)) }
    }

    @Test func `losses and gradient norms of 20 steps agree with PyTorch's`() throws {
        let reports = try reports()
        #expect(reports.count == 20 && fixture.losses.count == 20)
        #expect(difference(reports.map { Double($0.loss) }, fixture.losses) < 1e-4)
        #expect(difference(reports.map(\.gradientNorm), fixture.gradientNorms) < 1e-3)
        #expect(fixture.losses[19] < fixture.losses[0] - 0.5, "it learns")
        #expect(fixture.gradientNorms.contains { $0 > fixture.settings.optimizer.clipNorm }, "it clips")
    }

    @Test func `other settings would be noticed`() throws {
        let changes: [(inout TrainingSettings) -> Void] = [
            { $0.optimizer.weightDecay = 2 }, { $0.optimizer.clipNorm = 0 }, { $0.optimizer.beta2 = 0.96 },
            { $0.schedule.final = 4e-4 }, { $0.firstStep = 6 }, { $0.schedule.restartSteps = 0 }, { $0.seed = 18 },
        ]
        for (index, change) in changes.enumerated() {
            let losses = try reports(change).map { Double($0.loss) }
            #expect(difference(losses, fixture.losses) > 1e-4, "change \(index)")
        }
    }
}
