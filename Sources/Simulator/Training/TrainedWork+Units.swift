import Federation
import Recipes
import WorkUnits

/// What a lease asks a host to compute.
extension TrainedWork {
    /// The unit of a lease, its shard's archive, and its tokens.
    func issue(_ lease: Lease, host: Int) throws -> (unit: WorkUnit, shard: [UInt8], tokens: [UInt32]) {
        let training = recipe.trainingSettings(
            steps: lease.unit.steps.count, firstStep: lease.unit.base.version * recipe.unit.steps,
            seed: recipe.seed &+ UInt64(lease.unit.index))
        let tokens = hostText.tokens(of: lease.unit.steps, host: host)
        let shard = try TokenShard.encode(tokens, vocabulary: recipe.modelConfiguration.vocabulary)
        let unit = WorkUnit(
            project: description.project, index: lease.unit.index, base: lease.unit.base, model: description.model,
            training: training, shard: Digest(of: shard), tokenCount: tokens.count,
            updateCodec: recipe.federation.updateCodec, errorFeedback: recipe.federation.errorFeedback)
        return (unit, shard, tokens)
    }
}

extension Recipe {
    /// A project that nobody signs.
    func simulatedDescription() throws -> ProjectDescription {
        guard let key = SigningKey(seed: Digest(of: "simulated project".utf8).bytes) else {
            preconditionFailure("a digest has 32 bytes")
        }
        return ProjectDescription(
            name: name, summary: summary, project: key.verifyingKey, model: modelConfiguration,
            strategy: federation.strategy, mergeEvery: federation.mergeEvery,
            maximumStaleness: federation.maximumStaleness, quorum: federation.quorum,
            tokenizer: .zero, dataset: .zero, recipe: .zero, initialSeed: seed)
    }
}
