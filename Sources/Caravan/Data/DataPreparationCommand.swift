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
        tokenizer: DatasetPlan.TokenizerPlan, sequenceLength: Int, shardTokens: Int, validationTokens: Int
    ) throws -> DatasetPlan {
        var source = text.source(name: "text")
        source.paths = try source.paths.map { try $0 == "-" ? standardInput() : $0 }
        return DatasetPlan(
            seed: division.seed, sources: [source], cleaning: cleaning.steps, nearDuplicates: division.nearDuplicates,
            validation: division.validation(maximumTokens: validationTokens), tokenizer: tokenizer,
            sequenceLength: sequenceLength, shardTokens: shardTokens)
    }

    /// For commands that end before the tokens.
    func planWithoutTokens() throws -> DatasetPlan {
        try plan(
            tokenizer: .trained(vocabulary: 257, pattern: .gpt2, specialTokens: [], sampleBytes: 1), sequenceLength: 1,
            shardTokens: 2, validationTokens: 2)
    }

    func preparation(_ plan: DatasetPlan) -> DatasetPreparation {
        let line = PreparationLine()
        return DatasetPreparation(
            plan, workFolder: workFolder, threads: cleaning.threads, isStrict: cleaning.strict, progress: line.show)
    }

    /// Copies standard input into a file: a stream can be read only once, and a preparation may have to go on.
    private func standardInput() throws -> String {
        let path = workFolder + "/standard-input" + (text.format.map { ".\($0.rawValue)" } ?? ".txt")
        try DurableFile.makeFolder(workFolder)
        var file = try DurableFile(path: path + ".tmp", isEmptied: true)
        while let piece = try FileHandle.standardInput.read(upToCount: 1 << 20), !piece.isEmpty {
            try file.append(Array(piece))
        }
        try DurableFile.publish(path + ".tmp", as: path)
        return path
    }
}
