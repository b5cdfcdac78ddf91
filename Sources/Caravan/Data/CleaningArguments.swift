import ArgumentParser
import Cleaning
import Foundation
import Recipes

/// What is done with text before tokens are made of it.
struct CleaningArguments: ParsableArguments {
    @Option(
        help: """
            A cleaning step as a recipe writes it, such as nfc or 'length: {minimum: 200}'; may be given several times, in \
            order. If left out: \(CleaningStep.standard.map(\.name).joined(separator: ", ")).
            """)
    var clean: [CleaningStep] = []

    @Flag(help: "Leave the text as it is.")
    var noCleaning = false

    @Flag(help: "End with the first document that cannot be read.")
    var strict = false

    @Option(help: "Threads to work with.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    func validate() throws {
        try ThreadCount.validate(threads)
        guard clean.isEmpty || !noCleaning else { throw ValidationError("--clean contradicts --no-cleaning") }
    }

    var steps: [CleaningStep] { noCleaning ? [] : clean.isEmpty ? CleaningStep.standard : clean }
}

extension CleaningStep: ExpressibleByArgument {
    public init?(argument: String) {
        guard let step = try? CleaningStep(parsing: argument) else { return nil }
        self = step
    }
}
