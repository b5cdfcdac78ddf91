import Recipes
import Simulator
import Testing
import WorkUnits

struct AxisTests {
    private static func scenario() throws -> Scenario {
        Scenario(recipe: try BookkeepingTests.recipe(), settings: SimulationSettings())
    }

    @Test func `a comparison is every combination, the last axis changing fastest`() throws {
        let variants = try Self.scenario().variants(["strategy=fedAvg,diLoCo:0.7:0.5", "codec=int4,topK*2"])
        #expect(
            variants.map(\.name) == [
                "fedAvg int4", "fedAvg topK*2", "diLoCo:0.7:0.5 int4", "diLoCo:0.7:0.5 topK*2",
            ])
        let last = variants[3].recipe.federation
        #expect(last.updateCodec == .topK && last.strategy.kind == .diLoCo)
        #expect(last.strategy.serverLearningRate == 1.4 && last.strategy.momentum == 0.5)
    }

    @Test func `robustness and averaging stay when the strategy changes`() throws {
        let variants = try Self.scenario().variants(["rule=median:2", "averaging=0.9", "strategy=fedAdam"])
        let strategy = variants[0].recipe.federation.strategy
        #expect(strategy.kind == .fedAdam && strategy.robustness.rule == .median)
        #expect(strategy.robustness.hostile == 2 && strategy.averaging == 0.9)
    }

    @Test func `a learning rate keeps the form of its schedule`() throws {
        let variant = try Self.scenario().variants(["learningRate=0.004"])[0]
        #expect(variant.recipe.optimizer.learningRate == 0.004)
        #expect(abs(variant.recipe.optimizer.finalLearningRate - 0.00004) < 1e-12)
    }

    @Test(arguments: [
        ("strtegy=fedAvg", "did you mean 'strategy'?"), ("strategy=fedAdm", "did you mean 'fedAdam'?"),
        ("codec=int5", "did you mean 'int4'?"), ("profile=internt", "did you mean 'internet'?"),
        ("hostile=0.2:singFlip", "did you mean 'signFlip'?"), ("hostile=1.5:noise", "share of 1.5"),
        ("hostile=0.2", "such as 0.2:signFlip"), ("text=dirichlet", "needs its alpha"),
        ("text=dirichlet:0", "not between 0.001 and 1000"), ("text=file", "did you mean 'files'?"),
        ("codec", "name its values"), ("rate=zero", "not a number"), ("rate=0", "not above 0"),
        ("hosts=0", "not between 1 and 100000"), ("hosts=1000000", "not between 1 and 100000"),
        ("rule=bulyan:3", "needs at least"), ("momentum=0.9", "has no momentum"), ("versions=0", "versions"),
    ])
    func `what cannot be simulated is refused with the nearest name or the range`(
        comparison: String, advice: String
    ) throws {
        let scenario = try Self.scenario()
        let failure = #expect(throws: SimulationFailure.self) { try scenario.variants([comparison]) }
        #expect(failure?.description.contains(advice) == true, "\(failure?.description ?? "")")
    }
}
