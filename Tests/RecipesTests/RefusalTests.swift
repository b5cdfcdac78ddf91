import Foundation
import Recipes
import Testing
import TestSupport
import WorkUnits

/// A change of the fortunes example, and the refusal it must meet: the line of the change and the reason.
struct Refused: CustomTestStringConvertible, Sendable {
    var old: String
    var new: String
    var reason: String

    init(_ old: String, _ new: String, _ reason: String) {
        (self.old, self.new, self.reason) = (old, new, reason)
    }

    var testDescription: String { new }
}

@Test(arguments: [
    // Unknown keys
    Refused("layers: 4", "layer: 4", "unknown key 'model.layer'; did you mean 'layers'?"),
    Refused("  batchSize: 16", "  batchsize: 16", "unknown key 'unit.batchsize'; did you mean 'batchSize'?"),
    Refused("seed: 1", "sed: 1", "unknown key 'sed'; did you mean 'seed'?"),
    Refused(
        "kind: diLoCo", "color: red",
        "unknown key 'federation.strategy.color'; known: kind, serverLearningRate, momentum"),
    Refused("  quorum: 1", "  [a]: 1", "a key must be a name"),
    // Wrong types
    Refused("steps: 64", "steps: many", "unit.steps: must be a whole number"),
    Refused("steps: 64", "steps: \"64\"", "unit.steps: must be a whole number"),
    Refused("steps: 64", "steps: 64.5", "unit.steps: must be a whole number"),
    Refused("steps: 64", "steps: 99999999999999999999", "unit.steps: must be a whole number"),
    Refused("steps: 64", "steps: [64]", "unit.steps: must be a whole number"),
    Refused("steps: 64", "steps:", "unit.steps: must be a whole number"),
    Refused("seed: 1", "seed: -1", "seed: must be a whole number"),
    Refused("beta1: 0.9", "beta1: high", "optimizer.beta1: must be a number"),
    Refused("beta1: 0.9", "beta1: .nan", "optimizer.beta1: must be a number"),
    Refused("beta1: 0.9", "beta1: nan", "optimizer.beta1: must be a number"),
    Refused("name: fortunes", "name: 12", "name: must be text; put it in quotes"),
    Refused("name: fortunes", "name: [a]", "name: must be text; put it in quotes"),
    Refused("exclude: [\"*.dat\", \"*.u8\"]", "exclude: \"*.dat\"", "data.exclude: must be a list of texts"),
    Refused("[/usr/share/games/fortunes]", "[1, 2]", "data.paths: must be a list of texts"),
    Refused("{layers: 4, width: 128, heads: 4, context: 128}", "1024", "model must have keys and values"),
    Refused("near: true", "near: maybe", "data.duplicates.near: must be true or false"),
    Refused("similarity: 0.8", "similarity: 0.2", "data.duplicates.similarity: 0.2 is not between 0.5 and 1"),
    Refused("clean: standard", "clean: [wash]", "data.clean: there is no cleaning step wash"),
    Refused("clean: standard", "clean: [length]", "data.clean: the cleaning step length is written length: {"),
    Refused(
        "clean: standard", "clean: best", "data.clean: must be a list of steps, or one of none, standard, webPages"),
    Refused("pattern: gpt2", "pattern: gpt3", "tokenizer.pattern: 'gpt3' is unknown; did you mean"),
    Refused(
        "updateCodec: int4", "updateCodec: bfloat",
        "federation.updateCodec: 'bfloat' is unknown; did you mean 'bfloat16'?"),
    Refused("kind: diLoCo", "kind: median", "federation.strategy.kind: 'median' is unknown; known: fedAvg, fedAvgM"),
    // Impossible values
    Refused(
        "lossTestShare: 0.015", "lossTestShare: 0.5",
        "federation.checks.lossTestShare: 0.5 is not between 0 and 0.1"),
    Refused(
        "cohort: true", "cohort: false", "federation.checks.lossTestShare: has no effect with cohort: false"),
    Refused("cohort: true", "cohorts: true", "unknown key 'federation.checks.cohorts'; did you mean 'cohort'?"),
    Refused("heads: 4", "heads: 3", "model.width: 128 is not divisible by 3 heads"),
    Refused("heads: 4", "heads: 0", "model.heads: 0 is not between 1 and 512"),
    Refused("context: 128", "context: 64", "unit.sequenceLength: 128 is not between 1 and the model's context of 64"),
    Refused("vocabulary: 1024", "vocabulary: 256", "tokenizer.vocabulary: 256 is not between 257 and 100000"),
    Refused("steps: 64", "steps: 0", "unit.steps: 0 is not between 1 and 1000000"),
    Refused("steps: 64", "steps: 1000000", "are more than the 16777216 of one unit"),
    Refused("microBatchSize: 8", "microBatchSize: 7", "unit.microBatchSize: batchSize 16 is not a multiple of 7"),
    Refused("share: 0.05", "share: 0", "data.validation.share: 0.0 is not between 0 and 1"),
    Refused("share: 0.05", "share: 1.5", "data.validation.share: 1.5 is not between 0 and 1"),
    Refused("share: 0.05", "files: emma.txt", "data.validation.files: must be a list of texts"),
    Refused("share: 0.05", "files: [a], share: 0.1", "data.validation.share: has no effect where validation.files"),
    Refused("share: 0.05", "file: [a]", "unknown key 'data.validation.file'; did you mean 'files'?"),
    Refused("tokens: 16384", "tokens: 128", "data.validation.tokens: 128 is not between 129 and"),
    Refused("paths: [/usr/share/games/fortunes]", "paths: []", "data.paths: at least one file or folder is needed"),
    Refused("passageSequences: 8", "passageSequences: 0", "data.passageSequences: 0 is not between 1 and 8192"),
    Refused("passageSequences: 8", "passageSequences: 9000", "data.passageSequences: 9000 is not between 1 and 8192"),
    Refused("learningRate: 1.0e-3", "learningRate: -1", "optimizer.learningRate: -1.0 is not between"),
    Refused("beta2: 0.95", "beta2: 1", "optimizer.beta2: 1.0 is not between"),
    Refused("versions: 8", "versions: 0", "federation.versions: 0 is not between"),
    Refused("mergeEvery: 4", "mergeEvery: 0", "federation.mergeEvery: 0 is not between"),
    Refused("maximumStaleness: 0", "maximumStaleness: -1", "federation.maximumStaleness: -1 is not between"),
    Refused("proximal: 0", "proximal: -1", "optimizer.proximal: -1.0 is not between 0.0 and 10.0"),
    Refused("quorum: 1", "tolerance: 0.01", "federation.tolerance: has no effect with unit.numerics: canonical"),
    Refused("quorum: 1", "quorum: 0", "federation.quorum: 0 is not between"),
    Refused("deadlineSeconds: 600", "deadlineSeconds: 0", "federation.deadlineSeconds: 0.0 is not between"),
    Refused("serverLearningRate: 1.0", "serverLearningRate: 0", "strategy.serverLearningRate: 0.0 is not above 0"),
    Refused("name: fortunes", "name: \"\"", "name: must be 1 to 64 characters on one line"),
    Refused("name: fortunes", "name: \"a\\nb\"", "name: must be 1 to 64 characters on one line"),
    // Not YAML
    Refused("  quorum: 1", "  quorum: 1\n  quorum: 2", "quorum stands there twice"),
    Refused("separator: \"%\"", "separator: %", "found character that cannot start any token"),
    Refused("separator: \"%\"", "separator: *x", "found undefined alias"),
])
func `a recipe that cannot be is refused at its line with the reason`(_ refused: Refused) throws {
    let text = try example("fortunes").text
    let range = try #require(text.firstRange(of: refused.old))
    let line = text[..<range.lowerBound].count { $0 == "\n" } + 1
    let failure = #expect(throws: RecipeFailure.self) {
        try Recipe.parse(text.replacingCharacters(in: range, with: refused.new), path: "recipe.yaml")
    }
    #expect(failure?.reason.contains(refused.reason) == true, "\(failure?.reason ?? "")")
    let isElsewhere = refused.reason.contains("divisible") || refused.reason.contains("model's context")
    if !isElsewhere {
        #expect(failure?.description.hasPrefix("recipe.yaml:\(line): ") == true, "\(failure?.description ?? "")")
    }
}

@Test(arguments: ["name", "model", "tokenizer", "data", "unit", "federation"])
func `a required key that is missing is named`(key: String) throws {
    let lines = minimal.split(separator: "\n").filter { !$0.hasPrefix("\(key):") }
    let failure = #expect(throws: RecipeFailure.self) {
        try Recipe.parse(lines.joined(separator: "\n"), path: "recipe.yaml")
    }
    #expect(failure?.reason == "\(key): is missing")
}

@Test(arguments: [
    "", "# nothing", "text", "[a, b]", "---\na: 1\n---\nb: 2", "{", "\u{0}", "a: &a [*a]", "\"\\", "!!map", "? ? ?",
])
func `what is no recipe at all is refused`(yaml: String) {
    #expect(throws: RecipeFailure.self) { try Recipe.parse(yaml, path: "recipe.yaml") }
}

@Test func `a recipe that is too long, too deep or that repeats repetitions is refused at once`() {
    let bomb = (1..<40).reduce("a0: &a0 [x, x]\n") { $0 + "a\($1): &a\($1) {? [*a\($1 - 1), *a\($1 - 1)] : 1}\n" }
    for yaml in [bomb, String(repeating: "[", count: 60_000), String(repeating: "# ", count: 40_000)] {
        #expect(throws: RecipeFailure.self) { try Recipe.parse(yaml, path: "recipe.yaml") }
    }
}

@Test(arguments: 0..<300 as Range<UInt64>)
func `a damaged recipe is refused or can be trained`(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let damaged = String(decoding: try Array(example("fortunes").text.utf8).mutated(using: &random), as: UTF8.self)
    do {
        let recipe = try Recipe.parse(damaged, path: "recipe.yaml")
        try recipe.trainingSettings(firstStep: 0, seed: 0).validate(for: recipe.modelConfiguration)
    } catch is RecipeFailure {}
}

@Test func `a tokenizer that is there cannot be told how to learn`() {
    let yaml = minimal.replacing("{vocabulary: 300}", with: "{vocabulary: 300, file: t.json, pattern: gpt4}")
    let failure = #expect(throws: RecipeFailure.self) { try Recipe.parse(yaml, path: "recipe.yaml") }
    #expect(failure?.reason.hasPrefix("tokenizer.pattern: has no effect where tokenizer.file") == true)
}

@Test(arguments: [
    ("[{name: a, paths: [a], weight: 1}, {name: b, paths: [b]}]", "data.sources: either all of them have a weight"),
    ("[{name: a, paths: [a], weight: 0}]", "data.sources[0].weight: 0.0 is not above 0"),
    ("[{paths: [a]}]", "data.sources[0].name: is missing"),
    ("[{name: a, paths: [a], weigt: 1}]", "unknown key 'data.sources[0].weigt'; did you mean 'weight'?"),
    ("a.txt", "data.sources: must be a list"),
    ("[], paths: [a]", "data.paths: belongs into one of data.sources"),
])
func `sources that cannot be are refused`(sources: String, reason: String) {
    let yaml = minimal.replacing("{paths: [texts]}", with: "{sources: \(sources)}")
    let failure = #expect(throws: RecipeFailure.self) { try Recipe.parse(yaml, path: "recipe.yaml") }
    #expect(failure?.reason.hasPrefix(reason) == true, "\(failure?.reason ?? "")")
}
