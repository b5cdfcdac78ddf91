import Federation
import Recipes
import WorkUnits

/// One simulation: a recipe and its hosts, or the same training by one machine.
public struct Scenario: Sendable {
    public var recipe: Recipe
    public var settings: SimulationSettings
    /// Where one machine trains it all: how many times the recipe's batch it takes at a step. Nil: hosts train.
    public var oneMachineBatch: Int?
    /// What tells it apart from others of a comparison, such as `fedAvg int4`.
    public private(set) var labels: [String] = []

    public init(recipe: Recipe, settings: SimulationSettings) {
        self.recipe = recipe
        self.settings = settings
    }

    public var name: String {
        labels.isEmpty ? oneMachineBatch != nil ? "one machine" : recipe.name : labels.joined(separator: " ")
    }

    /// Changes one thing, and is named by it.
    public mutating func set(_ axis: Axis, to value: String) throws(SimulationFailure) {
        do throws(SimulationFailure) {
            try axis.apply(value, to: &self)
        } catch {
            throw SimulationFailure("\(axis.rawValue)=\(value): \(error)")
        }
        labels.append(axis.label(value))
    }

    /// Refuses what cannot be simulated, before anything is computed.
    public func validate() throws(SimulationFailure) {
        try settings.validate()
        do {
            try recipe.policy.validate()
            try recipe.federation.strategy.validate()
            try recipe.federation.strategy.robustness.validate(contributions: recipe.federation.mergeEvery)
            try recipe.trainingSettings(firstStep: 0, seed: recipe.seed).validate(for: recipe.modelConfiguration)
        } catch {
            throw SimulationFailure("\(name): \(error)")
        }
        if let batch = oneMachineBatch {
            let steps = recipe.federation.mergeEvery * recipe.unit.steps
            guard batch > 0, steps.isMultiple(of: batch) else {
                throw SimulationFailure(
                    "\(name): \(steps) steps of a version cannot be done in batches \(batch) times as large")
            }
        }
        guard (1...100_000).contains(recipe.federation.mergeEvery) else {
            throw SimulationFailure("\(name): mergeEvery is not between 1 and 100000")
        }
        guard (1...1_000_000).contains(recipe.federation.versions) else {
            throw SimulationFailure("\(name): versions are not between 1 and 1000000")
        }
    }

    /// All combinations of the values of several axes, the last axis changing fastest, such as of
    /// `["strategy=fedAvg,diLoCo", "codec=float32,int4"]`.
    public func variants(_ comparisons: [String]) throws(SimulationFailure) -> [Scenario] {
        var variants = [self]
        for comparison in comparisons {
            let (axis, values) = try Axis.parse(comparison)
            var next: [Scenario] = []
            for variant in variants {
                for value in values {
                    var changed = variant
                    try changed.set(axis, to: value)
                    next.append(changed)
                }
            }
            guard next.count <= 1000 else { throw SimulationFailure("more than 1000 simulations to compare") }
            variants = next
        }
        for variant in variants { try variant.validate() }
        return variants
    }
}
