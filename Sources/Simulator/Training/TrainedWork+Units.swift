import Federation
import Recipes
import WorkUnits

/// What a lease asks a host to compute.
extension TrainedWork {
    /// The unit of a lease, its shard's archive, and its tokens.
    func issue(_ lease: Lease, host: Int) throws -> (unit: WorkUnit, shard: [UInt8], tokens: [UInt32]) {
        let training = recipe.trainingSettings(
            firstStep: lease.base.version * recipe.unit.steps, seed: recipe.seed &+ UInt64(lease.index))
        let tokens = hostText.tokens(ofUnit: lease.index, host: host, sequences: training.steps * training.batchSize)
        let shard = try TokenShard.encode(tokens, vocabulary: recipe.modelConfiguration.vocabulary)
        let unit = WorkUnit(
            project: description.project, index: lease.index, base: lease.base, model: description.model,
            training: training, shard: Digest(of: shard), tokenCount: tokens.count,
            updateCodec: recipe.federation.updateCodec)
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
            strategy: federation.strategy, mergeEvery: federation.mergeEvery, quorum: federation.quorum,
            tokenizer: .zero, dataset: .zero, recipe: .zero, initialSeed: seed)
    }
}
