import Cleaning
import Datasets
import Documents
import Foundation
import Recipes
import Testing
import TestSupport
import WorkUnits

let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

func example(_ name: String) throws -> (text: String, path: String) {
    let path = root.appending(path: "Examples/\(name)/recipe.yaml").path
    return (try Recipe.text(ofFileAt: path), path)
}

let minimal = """
    name: small
    model: {layers: 1, width: 16, heads: 2, context: 8}
    tokenizer: {vocabulary: 300}
    data: {paths: [texts]}
    unit: {steps: 2, batchSize: 4}
    federation: {versions: 3, mergeEvery: 2}
    """

@Test func `every example is a recipe that can be trained`() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: root.appending(path: "Examples").path)
    #expect(Set(names).isSuperset(of: ["fortunes", "tiny"]))
    for name in names {
        let (text, path) = try example(name)
        let recipe = try Recipe.parse(text, path: path)
        #expect(recipe.name == name)
        #expect(throws: Never.self) { try recipe.modelConfiguration.validate() }
    }
}

@Test func `updates are compared and tried on text unless a recipe says otherwise`() throws {
    func checks(_ keys: String) throws -> Recipe.Federation.Checks { try wholeFederation(keys).checks }
    #expect(try checks("").cohort && checks("").lossTestShare == 0.015)
    #expect(try checks("checks: {lossTestShare: 0}").cohort)
    #expect(try !checks("checks: {cohort: false}").cohort && checks("checks: {cohort: false}").lossTestShare == 0)
}

@Test func `the example says what it means`() throws {
    let (text, path) = try example("fortunes")
    let recipe = try Recipe.parse(text, path: path)
    #expect(recipe.summary == "A small GPT trained on the fortunes of Debian")
    #expect(recipe.seed == 1)
    #expect(
        recipe.modelConfiguration
            == ModelConfiguration(layers: 4, width: 128, heads: 4, vocabulary: 1024, context: 128))
    let source = try #require(recipe.data.sources.first)
    #expect(source.paths == ["/usr/share/games/fortunes"])
    #expect(source.reading == ReadingOptions(separator: "%", excluded: ["*.dat", "*.u8"]))
    #expect(source.license == "see the files of the Debian package")
    #expect(recipe.data.validation.tokens == 16_384)
    #expect(recipe.tokensPerShard == 64 * 16 * 128 + 1)
    #expect(recipe.tokensPerPassage == 8 * 128)
    #expect(
        recipe.federation.strategy
            == Strategy(
                kind: .diLoCo, serverLearningRate: 1, momentum: 0.7, momentumWarmup: 9,
                robustness: Robustness(clip: .medianNorm), stepCodec: .int8))
    #expect(recipe.federation.updateCodec == .int4)
    #expect(
        recipe.trainingSettings(firstStep: 128, seed: 7)
            == TrainingSettings(
                steps: 64, firstStep: 128, batchSize: 16, microBatchSize: 8, sequenceLength: 128,
                schedule: LearningRateSchedule(
                    peak: 1e-3, final: 1e-5, warmupSteps: 50, totalSteps: 512, restartSteps: 10),
                optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
                seed: 7, numerics: .canonical))
}

@Test func `keys that are left out have the values of the example`() throws {
    // As many steps as in the example: momentum depends on them.
    let recipe = try Recipe.parse(minimal.replacing("steps: 2,", with: "steps: 64,"), path: "recipe.yaml")
    let (text, path) = try example("fortunes")
    let full = try Recipe.parse(text, path: path)
    #expect(recipe.optimizer == full.optimizer)
    #expect(recipe.data.validation == full.data.validation)
    #expect(recipe.federation.strategy == full.federation.strategy)
    #expect(recipe.federation.updateCodec == full.federation.updateCodec)
    #expect(recipe.federation.deadlineSeconds == full.federation.deadlineSeconds)
    #expect(recipe.federation.maximumStaleness == full.federation.maximumStaleness)
    #expect(recipe.federation.quorum == full.federation.quorum)
    #expect(recipe.seed == full.seed)
    #expect(recipe.admission == full.admission && recipe.admission == .standard)
    #expect(recipe.summary.isEmpty)
    #expect(recipe.tokenizer.pattern == full.tokenizer.pattern)
    #expect(recipe.tokenizer.sampleMegabytes == full.tokenizer.sampleMegabytes)
    #expect(recipe.data.clean == full.data.clean)
    #expect(recipe.data.passageSequences == full.data.passageSequences)
    #expect(recipe.data.nearDuplicates == full.data.nearDuplicates)
    #expect(recipe.data.sources == [DatasetPlan.Source(name: "small", paths: ["texts"])])
    #expect(recipe.unit.microBatchSize == 4)
    #expect(recipe.unit.sequenceLength == 8)
}

@Test func `a project is open for a proof of work, or for the invited`() throws {
    func admission(_ keys: String) throws -> AdmissionRule {
        try Recipe.parse("\(minimal)\nadmission: {\(keys)}", path: "recipe.yaml").admission
    }
    #expect(try admission("proofBits: 0") == .open(proofBits: 0))
    #expect(try admission("proofBits: 40, invitationOnly: false") == .open(proofBits: 40))
    #expect(try admission("invitationOnly: true") == .invitation)
    for keys in ["proofBits: 41", "proofBits: -1", "invitationOnly: true, proofBits: 3", "invited: true"] {
        #expect(throws: RecipeFailure.self) { try admission(keys) }
    }
}

/// The strategy of the minimal recipe with more keys for its federation.
private func federation(_ keys: String, steps: Int = 2, mergeEvery: Int = 20) throws -> Strategy {
    try wholeFederation(keys, steps: steps, mergeEvery: mergeEvery).strategy
}

private func wholeFederation(_ keys: String, steps: Int = 2, mergeEvery: Int = 20) throws -> Recipe.Federation {
    let text = minimal.replacing("mergeEvery: 2}", with: "mergeEvery: \(mergeEvery), \(keys)}")
        .replacing("steps: 2,", with: "steps: \(steps),")
    return try Recipe.parse(text, path: "recipe.yaml").federation
}

@Test func `a strategy is read with the usual values of its kind`() throws {
    let clip = Robustness(clip: .medianNorm)
    for kind in Strategy.Kind.allCases {
        let read = try federation("strategy: {kind: \(kind.rawValue)}", steps: 500)
        #expect(read == Strategy(kind: kind, robustness: clip, stepCodec: .int8), "\(kind)")
    }
    #expect(
        try federation(
            "averaging: 0.99, strategy: {kind: fedYogi, serverLearningRate: 0.1, beta1: 0.8, beta2: 0.9, epsilon: 0.01}"
        )
            == Strategy(
                kind: .fedYogi, serverLearningRate: 0.1, beta1: 0.8, beta2: 0.9, epsilon: 0.01, robustness: clip,
                averaging: 0.99, stepCodec: .int8))
    #expect(try federation("stepCodec: int4").stepCodec == .int4)
    #expect(try federation("stepCodec: none").stepCodec == nil)
    #expect(
        try federation("robustness: {rule: bulyan, hostile: 2, clip: none}").robustness
            == Robustness(rule: .bulyan, hostile: 2))
    #expect(
        try federation("robustness: {rule: geometricMedian}").robustness
            == Robustness(rule: .geometricMedian, hostile: 0.2, clip: .medianNorm))
}

@Test func `snapshots are rare where steps lead to the versions between them`() throws {
    #expect(try wholeFederation("").snapshotEvery == 16)
    #expect(try wholeFederation("snapshotEvery: 256").snapshotEvery == 256)
    #expect(try wholeFederation("stepCodec: none").snapshotEvery == 1)
    #expect(try wholeFederation("stepCodec: none, snapshotEvery: 1").snapshotEvery == 1)
}

@Test func `error feedback is on with topK, which is not clipped, and elsewhere when asked for`() throws {
    #expect(try !wholeFederation("updateCodec: int8").errorFeedback)
    #expect(try wholeFederation("updateCodec: int8, errorFeedback: true").errorFeedback)
    let sparse = try wholeFederation("updateCodec: topK, robustness: {rule: geometricMedian}")
    #expect(sparse.errorFeedback && sparse.strategy.robustness.clip == .none)
}

@Test func `where processors round differently answers may be so far apart, and are audited if asked for`() throws {
    func openblas(_ keys: String) throws -> Recipe.Federation {
        let text = minimal.replacing("mergeEvery: 2}", with: "mergeEvery: 20, \(keys)}")
            .replacing("steps: 2,", with: "steps: 2, numerics: openblas,")
        return try Recipe.parse(text, path: "recipe.yaml").federation
    }
    #expect(try openblas("averaging: 0").tolerance == 0.02)
    #expect(try openblas("updateCodec: float32").tolerance == 0.005)
    #expect(try openblas("quorum: 2, tolerance: 0.1").tolerance == 0.1)
    #expect(try openblas("averaging: 0").audit.rule.share == 0)
    #expect(try openblas("audit: {share: 0.01}").audit.rule.share == 0.01)
    #expect(try wholeFederation("averaging: 0").tolerance == nil)
    for wrong in ["0", "0.6", "-1"] {
        let failure = #expect(throws: RecipeFailure.self) { try openblas("tolerance: \(wrong)") }
        #expect(failure?.reason.contains("is not between 0.0001 and 0.5") == true)
    }
}

@Test func `momentum is the default where nothing comes late`() throws {
    #expect(try wholeFederation("averaging: 0").strategy.kind == .diLoCo)
    #expect(try wholeFederation("maximumStaleness: 1").strategy.kind == .fedAvg)
    let sparse = try wholeFederation("updateCodec: topK").strategy
    #expect(sparse.kind == .fedAvg && sparse.serverLearningRate == 2)
    let chosen = try wholeFederation("updateCodec: topK, strategy: {serverLearningRate: 1.0}").strategy
    #expect(chosen.serverLearningRate == 1)
    #expect(try wholeFederation("maximumStaleness: 1, strategy: {kind: diLoCo}").strategy.kind == .diLoCo)
}

@Test func `units of few steps get less momentum from DiLoCo, unless the recipe says which`() throws {
    #expect(try federation("strategy: {kind: diLoCo}", steps: 500).momentum == 0.9)
    #expect(try federation("strategy: {kind: diLoCo}", steps: 64).momentum == 0.7)
    #expect(try federation("strategy: {kind: diLoCo, momentum: 0.9}", steps: 64).momentum == 0.9)
    #expect(try federation("strategy: {kind: diLoCo}", steps: 64).momentumWarmup == 9)
    #expect(try federation("strategy: {kind: diLoCo, momentumWarmup: 2}", steps: 64).momentumWarmup == 2)
}

@Test(arguments: [
    (
        "strategy: {kind: fedAvgM, momentum: 1}",
        "federation.strategy.momentum: 1.0 is not between 0.0 and 0.99: a step is"
    ),
    ("strategy: {kind: fedAvgM, momentum: -0.1}", "federation.strategy.momentum: -0.1 is not between"),
    (
        "strategy: {kind: fedAdam, beta1: 1}",
        "federation.strategy.beta1: 1.0 is not between 0.0 and 0.99: it is the share"
    ),
    ("strategy: {kind: fedAdam, beta2: 1}", "federation.strategy.beta2: 1.0 is not between 0.0 and 0.9999: it is"),
    ("strategy: {kind: fedYogi, epsilon: 0}", "federation.strategy.epsilon: 0.0 is not between 1e-08 and 1.0: steps"),
    ("strategy: {kind: fedYogi, serverLearningRate: 101}", "serverLearningRate: 101.0 is not above 0 and at most 100"),
    ("strategy: {kind: fedAvg, momentum: 0.9}", "federation.strategy.momentum: has no effect with fedAvg; remove it"),
    ("strategy: {kind: fedAdagrad, beta2: 0.9}", "federation.strategy.beta2: has no effect with fedAdagrad"),
    ("averaging: 1", "federation.averaging: 1.0 is not between 0 and 0.9999: it is the share of the average"),
    ("robustness: {hostile: 2}", "federation.robustness.hostile: has no effect with the mean"),
    ("robustness: {rule: median, hostile: 0.5}", "federation.robustness.hostile: 0.5 is neither a share above 0 and"),
    ("robustness: {rule: median, hostile: 1.5}", "federation.robustness.hostile: 1.5 is neither"),
    (
        "robustness: {rule: krum, hostile: 9}",
        "rule: krum against 9 hostile of 20 contributions needs at least 21: merge"
    ),
    (
        "robustness: {rule: bulyan, hostile: 0.25}",
        "rule: bulyan against 5 hostile of 20 contributions needs at least 23"
    ),
    ("robustness: {rule: krums}", "federation.robustness.rule: 'krums' is unknown; did you mean 'krum'?"),
    ("robustness: {clip: median}", "federation.robustness.clip: 'median' is unknown"),
    ("stepCodec: topK", "federation.stepCodec: 'topK' is unknown; known: none, bfloat16, int8, int4"),
    ("snapshotEvery: 0", "federation.snapshotEvery: 0 is not between 1 and 256"),
    ("snapshotEvery: 257", "federation.snapshotEvery: 257 is not between 1 and 256"),
    ("snapshotEvery: 2, stepCodec: none", "federation.snapshotEvery: needs steps: with stepCodec: none every version"),
    ("updateCodec: topK, errorFeedback: false", "federation.errorFeedback: topK trains only if hosts keep"),
    ("updateCodec: float32, errorFeedback: true", "federation.errorFeedback: has no effect with float32"),
    ("updateCodec: int4, errorFeedback: true, quorum: 2", "federation.errorFeedback: makes each host's update another"),
    ("updateCodec: topK, quorum: 2", "federation.errorFeedback: makes each host's update another, so no 2 can agree"),
    ("updateCodec: topK, robustness: {clip: medianNorm}", "federation.robustness.clip: cuts off what topK does not"),
    ("updateCodec: topK, robustness: {rule: median}", "federation.robustness.rule: median compares single parameters"),
])
func `a strategy that cannot work is refused with the range and why`(keys: String, reason: String) {
    let failure = #expect(throws: RecipeFailure.self) { try federation(keys) }
    #expect(failure?.description.contains(reason) == true, "\(failure?.description ?? "")")
}

@Test func `files to hold out are named instead of a share`() throws {
    let recipe = try Recipe.parse(
        minimal.replacing("[texts]", with: "[texts], validation: {files: [emma.txt, \"poems/*\"]}"), path: "r.yaml")
    #expect(recipe.data.validation.files == ["emma.txt", "poems/*"])
    #expect(try Recipe.parse(minimal, path: "r.yaml").data.validation.files.isEmpty)
}

@Test func `paths begin at the recipe's folder`() throws {
    #expect(Recipe.resolve("../more", forRecipeAt: "a/b/recipe.yaml") == "a/b/../more")
    #expect(Recipe.resolve("texts", forRecipeAt: "/recipe.yaml") == "/texts")
    #expect(Recipe.resolve("texts", forRecipeAt: "recipe.yaml") == "texts")
    #expect(Recipe.resolve("/all", forRecipeAt: "a/recipe.yaml") == "/all")
}

@Test func `several sources have their own ways to be read, and weights`() throws {
    let sources = """
        data:
          sources:
            - {name: prompts, paths: [p.csv], template: "{act}: {prompt}", weight: 1, license: CC0-1.0}
            - {name: pages, paths: ["pages/*.jsonl.gz"], field: content, weight: 3}
          clean: [nfc, {length: {minimum: 20}}]
          duplicates: {near: false}
        """
    let recipe = try Recipe.parse(minimal.replacing("data: {paths: [texts]}", with: sources), path: "r.yaml")
    #expect(
        recipe.data.sources == [
            DatasetPlan.Source(
                name: "prompts", paths: ["p.csv"], reading: ReadingOptions(template: "{act}: {prompt}"), weight: 1,
                license: "CC0-1.0"),
            DatasetPlan.Source(
                name: "pages", paths: ["pages/*.jsonl.gz"], reading: ReadingOptions(field: "content"), weight: 3),
        ])
    #expect(recipe.data.clean == [.nfc, .length(minimum: 20, maximum: .max)])
    #expect(recipe.data.nearDuplicates == nil)
}

@Test func `lists of cleaning steps have names`() throws {
    func steps(_ yaml: String) throws -> [CleaningStep] {
        try Recipe.parse(minimal.replacing("[texts]", with: "[texts], clean: \(yaml)"), path: "r.yaml").data.clean
    }
    #expect(try steps("none").isEmpty)
    #expect(try steps("[]").isEmpty)
    #expect(try steps("webPages") == CleaningStep.webPages)
    #expect(
        try CleaningStep(parsing: "repeatedNGrams: {length: 5, maximumShare: 0.15}")
            == .repeatedNGrams(length: 5, maximumShare: 0.15))
    #expect(throws: CleaningFailure.unknownStep("wash")) { try CleaningStep(parsing: "wash") }
}

@Test func `a recipe's file is read within bounds`() throws {
    let folder = try TemporaryFolder()
    func reading(_ bytes: [UInt8]) throws -> String {
        try Recipe.text(ofFileAt: folder.write(bytes, to: "recipe.yaml"))
    }
    #expect(try reading(Array(minimal.utf8)) == minimal)
    #expect(throws: RecipeFailure.self) { try Recipe.text(ofFileAt: folder.file("missing.yaml")) }
    #expect(throws: RecipeFailure.self) { try Recipe.text(ofFileAt: folder.path) }
    #expect(throws: RecipeFailure.self) { try reading([0x61, 0xFF]) }
    #expect(throws: RecipeFailure.self) { try reading(Array(repeating: 0x20, count: Recipe.maximumBytes + 1)) }
}

@Test func `witnesses are named by their keys`() throws {
    let keys = [SigningKey.example(1), .example(2)].map(\.verifyingKey)
    func witnesses(_ texts: [String]) throws -> [VerifyingKey]? {
        try Recipe.parse(
            "\(minimal)\nwitnesses: [\(texts.map { "\"\($0)\"" }.joined(separator: ", "))]", path: "recipe.yaml"
        ).witnesses
    }
    #expect(try Recipe.parse(minimal, path: "recipe.yaml").witnesses == nil)
    #expect(try witnesses(keys.map(\.description)) == keys)
    for wrong in [[], ["\(keys[0])", "\(keys[0])"], ["abc"]] {
        let failure = #expect(throws: RecipeFailure.self) { try witnesses(wrong) }
        #expect(failure?.reason.hasPrefix("witnesses: must be 1 to 32 different public keys") == true)
    }
}
