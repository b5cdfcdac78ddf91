import Datasets
import Documents
import Foundation
import Tokenization
import WorkUnits

/// What `caravan data` commands have in common: a plan from arguments, a place to work, a report.
struct DataPreparationCommand {
    var text: TextArguments
    var cleaning: CleaningArguments
    var division: DivisionArguments
    /// Where documents wait.
    var workFolder: String

    func plan(
        tokenizer: DatasetPlan.TokenizerPlan, sequenceLength: Int, passageTokens: Int, shardTokens: Int,
        validationTokens: Int
    ) -> DatasetPlan {
        DatasetPlan(
            seed: division.seed, sources: [text.source(name: "text")], cleaning: cleaning.steps,
            nearDuplicates: division.nearDuplicates,
            validation: division.validation(maximumTokens: validationTokens), tokenizer: tokenizer,
            sequenceLength: sequenceLength, passageTokens: passageTokens, shardTokens: shardTokens)
    }

    /// For commands that end before the tokens.
    func planWithoutTokens() -> DatasetPlan {
        plan(
            tokenizer: .trained(vocabulary: 257, pattern: .gpt2, specialTokens: [], sampleBytes: 1), sequenceLength: 1,
            passageTokens: 1, shardTokens: 2, validationTokens: 2)
    }

    /// Takes in standard input, if the plan names it: the plan says `-`, wherever it waits meanwhile.
    func preparation(_ plan: DatasetPlan) throws -> DatasetPreparation {
        let line = PreparationLine()
        let name = DocumentReader.standardInput
        let input = text.paths.contains(name) ? try standardInput() : name
        return DatasetPreparation(
            plan, workFolder: workFolder, threads: cleaning.threads, isStrict: cleaning.strict,
            resolve: { $0 == name ? input : $0 }, progress: line.show)
    }

    /// Copies standard input into a file: a stream can be read only once, and a preparation may have to go on.
    private func standardInput() throws -> String {
        let path = workFolder + "/standard-input"
        try DurableFile.makeFolder(workFolder)
        var file = try DurableFile(path: path + ".tmp", isEmptied: true)
        while let piece = try FileHandle.standardInput.read(upToCount: 1 << 20), !piece.isEmpty {
            try file.append(Array(piece))
        }
        try DurableFile.publish(path + ".tmp", as: path)
        return path
    }
}
