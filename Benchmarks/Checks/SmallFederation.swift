import ArgumentParser
import WorkUnits

/// The size of the federations whose checks and drift are measured.
struct SmallFederation: ParsableArguments {
    @Option(help: "Steps of a unit, of 8 sequences.")
    var steps = 64

    @Option(help: "Width of the model, of two blocks with heads of 32.")
    var width = 64

    @Option(help: "Tokens of a sequence.")
    var context = 64

    @Option(help: "Entries of the tokenizer.")
    var vocabulary = 512

    @Option(help: "The highest learning rate.")
    var learningRate = 3e-3

    func federation(of text: BenchmarkText, versions: Int, unitsEach: Int) throws -> TrainedUnits {
        let model = ModelConfiguration(
            layers: 2, width: width, heads: max(1, width / 32), vocabulary: vocabulary, context: context)
        return try TrainedUnits(
            text.read(), model: model, versions: versions, unitsEach: unitsEach, steps: steps, peak: learningRate,
            threads: text.threads)
    }
}
