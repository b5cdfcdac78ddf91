import Federation
import Recipes
import WorkUnits

/// What a lease asks a host to compute.
extension TrainedWork {
    /// A unit as its host gets it, its shard's archive, and its tokens.
    func issue(_ issued: IssuedUnit, host: Int) throws -> (unit: WorkUnit, shard: [UInt8], tokens: [UInt32]) {
        let training = recipe.trainingSettings(
            steps: issued.steps.count, firstStep: issued.base.version * recipe.unit.steps,
            seed: recipe.seed &+ UInt64(issued.index))
        let tokens = hostText.tokens(of: issued.steps, host: host)
        let shard = try TokenShard.encode(tokens, vocabulary: recipe.modelConfiguration.vocabulary)
        let unit = WorkUnit(
            project: description.project, index: issued.index, base: issued.base, model: description.model,
            training: training, shard: Digest(of: shard), tokenCount: tokens.count,
            updateCodec: recipe.federation.updateCodec, errorFeedback: recipe.federation.errorFeedback)
        return (unit, shard, tokens)
    }
}

extension Recipe {
    /// Of a project that nobody hosts.
    static var simulatedKey: SigningKey {
        guard let key = SigningKey(seed: Digest(of: "simulated project".utf8).bytes) else {
            preconditionFailure("a digest has 32 bytes")
        }
        return key
    }

    func simulatedDescription() throws -> ProjectDescription {
        ProjectDescription(
            name: name, summary: summary, project: Self.simulatedKey.verifyingKey, model: modelConfiguration,
            strategy: federation.strategy, mergeEvery: federation.mergeEvery, lastVersion: federation.versions,
            maximumStaleness: federation.maximumStaleness, quorum: federation.quorum,
            tolerance: federation.tolerance, audit: policy.audit,
            tokenizer: .zero, dataset: .zero, recipe: .zero, initialSeed: seed)
    }
}
