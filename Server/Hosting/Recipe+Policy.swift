import Federation
import LanguageModel
import Recipes
import WorkUnits

extension Recipe {
    /// The numbers that the rules of this recipe's run depend on.
    public var policy: RunPolicy {
        RunPolicy(
            mergeEvery: federation.mergeEvery, lastVersion: federation.versions, quorum: federation.quorum,
            maximumReplicas: federation.quorum + 4, maximumStaleness: federation.maximumStaleness,
            lease: Seconds(federation.deadlineSeconds),
            retry: Seconds(min(60, max(1, federation.deadlineSeconds / 300))),
            unitSteps: unit.steps, leastUnitSteps: unit.leastSteps, unitTime: Seconds(60 * unit.minutes),
            tokensPerStep: tokensPerStep, maximumUpdateBytes: maximumUpdateBytes)
    }

    /// An honest archive is no larger: four bytes a parameter, what zlib adds to bytes it cannot compress, the manifest.
    private var maximumUpdateBytes: Int {
        let values = ParameterLayout(modelConfiguration).count * 4
        return values + values / 1000 + 2 << 20
    }
}
