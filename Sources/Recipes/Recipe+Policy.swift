import Federation
import LanguageModel
import WorkUnits

extension Recipe {
    /// The numbers that the rules of this recipe's run depend on.
    public var policy: RunPolicy {
        RunPolicy(
            mergeEvery: federation.mergeEvery, lastVersion: federation.versions, quorum: federation.quorum,
            tolerance: federation.tolerance, maximumReplicas: federation.quorum + 4,
            maximumStaleness: federation.maximumStaleness,
            lease: Seconds(federation.deadlineSeconds),
            retry: Seconds(min(60, max(1, federation.deadlineSeconds / 300))),
            unitSteps: unit.steps, leastUnitSteps: unit.leastSteps, unitTime: Seconds(60 * unit.minutes),
            tokensPerStep: tokensPerStep,
            maximumUpdateBytes: UpdateArchive.largestBytes(
                parameterCount: ParameterLayout(modelConfiguration).count, codec: federation.updateCodec,
                steps: unit.steps),
            audit: federation.audit.rule, auditPatience: Seconds(federation.audit.patienceSeconds))
    }
}
