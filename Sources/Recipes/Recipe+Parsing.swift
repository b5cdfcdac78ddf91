import WorkUnits
import Yams

extension Recipe {
    /// The longest recipe that is read.
    public static let maximumBytes = 1 << 16

    /// Reads a recipe and refuses, with line and reason, what is unknown, of the wrong type, or cannot be trained.
    ///
    /// - Parameter path: names the file in refusals; nothing is read from it.
    public static func parse(_ yaml: String, path: String) throws(RecipeFailure) -> Recipe {
        let root = try RecipeSection(
            try node(yaml, path: path), name: "", path: path,
            keys: [
                "name", "summary", "seed", "model", "tokenizer", "data", "unit", "optimizer", "federation", "admission",
                "witnesses",
            ])
        let model = try root.section("model", keys: ["layers", "width", "heads", "context"])
        let tokenizer = try root.section("tokenizer", keys: Tokenizer.keys)
        let data = try root.section("data", keys: Data.keys)
        let unit = try root.section(
            "unit",
            keys: [
                "steps", "leastSteps", "minutes", "batchSize", "microBatchSize", "sequenceLength", "numerics",
                "activations", "recompute",
            ])
        let optimizer = try root.section(
            "optimizer",
            keys: [
                "kind", "learningRate", "finalLearningRate", "warmupSteps", "restartSteps", "beta1", "beta2", "epsilon",
                "weightDecay", "clipNorm", "momentum", "proximal",
            ], isOptional: true)
        let federation = try root.section(
            "federation",
            keys: [
                "versions", "mergeEvery", "maximumStaleness", "quorum", "tolerance", "deadlineSeconds", "strategy",
                "robustness", "averaging", "stepCodec", "snapshotEvery", "updateCodec", "errorFeedback", "audit",
                "checks",
            ])

        let readModel = try Model(model)
        let readUnit = try Unit(unit, model: readModel)
        let name = try root.text("name", length: 1...64)
        let recipe = Recipe(
            name: name,
            summary: root.isGiven("summary") ? try root.text("summary", length: 0...500) : "",
            seed: try root.integer("seed", default: 1), model: readModel,
            tokenizer: try Tokenizer(tokenizer),
            data: try Data(data, name: name, sequenceLength: readUnit.sequenceLength), unit: readUnit,
            optimizer: try Optimizer(optimizer), federation: try Federation(federation, unit: readUnit),
            admission: try AdmissionRule(
                root.section("admission", keys: ["proofBits", "invitationOnly"], isOptional: true)),
            witnesses: try witnesses(root))
        try recipe.validate(model: model, unit: unit, optimizer: optimizer, federation: federation)
        return recipe
    }

    private static func witnesses(_ root: RecipeSection) throws(RecipeFailure) -> [VerifyingKey]? {
        guard root.isGiven("witnesses") else { return nil }
        let texts = try root.texts("witnesses")
        let keys = texts.compactMap(VerifyingKey.init)
        guard keys.count == texts.count, (1...32).contains(keys.count), Set(keys).count == keys.count else {
            throw root.failure(
                "witnesses",
                "must be 1 to 32 different public keys of 64 hexadecimal digits, as caravan witness prints them")
        }
        return keys
    }

    private static func node(_ yaml: String, path: String) throws(RecipeFailure) -> Node {
        guard yaml.utf8.count <= maximumBytes else {
            throw RecipeFailure(
                path: path, line: nil, reason: "\(yaml.utf8.count) bytes are more than the \(maximumBytes) of a recipe")
        }
        guard Bounds.possibleAliases(in: yaml) <= Bounds.maximumAliases else {
            throw RecipeFailure(path: path, line: nil, reason: "more than \(Bounds.maximumAliases) aliases (*name)")
        }
        do {
            guard let node = try Yams.compose(yaml: yaml) else {
                throw RecipeFailure(path: path, line: nil, reason: "the recipe is empty")
            }
            return node
        } catch let failure as RecipeFailure {
            throw failure
        } catch {
            throw RecipeFailure(path: path, yaml: error)
        }
    }

    /// Holds the settings against the rules of those who compute with them.
    private func validate(
        model: RecipeSection, unit: RecipeSection, optimizer: RecipeSection, federation: RecipeSection
    ) throws(RecipeFailure) {
        do {
            try modelConfiguration.validate()
            try trainingSettings(firstStep: 0, seed: seed).validate(for: modelConfiguration)
        } catch {
            let keys = ["peak": "learningRate", "final": "finalLearningRate", "totalSteps": "versions"]
            let key = keys[error.name] ?? error.name
            let section = [model, unit, optimizer].first { $0.contains(key) } ?? federation
            throw section.failure(key, error.reason)
        }
        guard tokensPerShard <= TokenShard.maximumTokens else {
            throw unit.failure(
                "steps",
                "steps · batchSize · sequenceLength + 1 = \(tokensPerShard) tokens are more than the "
                    + "\(TokenShard.maximumTokens) of one unit")
        }
    }
}

/// YAML can name a node and repeat it, and what repeats repetitions grows exponentially while it is compared.
private enum Bounds {
    /// Few enough that the text grows at most some twenty times.
    static let maximumAliases = 8

    /// Asterisks where an alias can begin. Counts some in comments and texts too.
    static func possibleAliases(in yaml: String) -> Int {
        let before = Set(" \t\r\n[{,:-?".utf8)
        return zip([0x0A] + yaml.utf8, yaml.utf8).count { before.contains($0) && $1 == UInt8(ascii: "*") }
    }
}

extension RecipeFailure {
    fileprivate init(path: String, yaml error: any Error) {
        switch error {
        case YamlError.scanner(_, let problem, let mark, _), YamlError.parser(_, let problem, let mark, _),
            YamlError.composer(_, let problem, let mark, _):
            self.init(path: path, line: mark.line, reason: problem)
        case YamlError.duplicatedKeysInMapping(let keys, let context):
            self.init(path: path, line: context.mark.line, reason: "\(keys.joined(separator: ", ")) stands there twice")
        case YamlError.reader(let problem, _, _, _):
            self.init(path: path, line: nil, reason: problem)
        default:
            self.init(path: path, line: nil, reason: "not YAML: \(error)")
        }
    }
}
