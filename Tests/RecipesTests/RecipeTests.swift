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
    #expect(recipe.federation.strategy == Strategy(kind: .fedAvg, serverLearningRate: 1))
    #expect(recipe.federation.updateCodec == .bfloat16)
    #expect(
        recipe.trainingSettings(firstStep: 128, seed: 7)
            == TrainingSettings(
                steps: 64, firstStep: 128, batchSize: 16, microBatchSize: 8, sequenceLength: 128,
                schedule: LearningRateSchedule(
                    peak: 1e-3, final: 1e-4, warmupSteps: 50, totalSteps: 512, restartSteps: 10),
                optimizer: OptimizerSettings(beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, clipNorm: 1),
                seed: 7, numerics: .canonical))
}

@Test func `keys that are left out have the values of the example`() throws {
    let recipe = try Recipe.parse(minimal, path: "recipe.yaml")
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
    #expect(recipe.summary.isEmpty)
    #expect(recipe.tokenizer.pattern == full.tokenizer.pattern)
    #expect(recipe.tokenizer.sampleMegabytes == full.tokenizer.sampleMegabytes)
    #expect(recipe.data.clean == full.data.clean)
    #expect(recipe.data.nearDuplicates == full.data.nearDuplicates)
    #expect(recipe.data.sources == [DatasetPlan.Source(name: "small", paths: ["texts"])])
    #expect(recipe.unit.microBatchSize == 4)
    #expect(recipe.unit.sequenceLength == 8)
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
