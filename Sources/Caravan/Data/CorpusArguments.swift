import ArgumentParser
import Cleaning
import Datasets
import Deduplication
import Documents
import Foundation
import Recipes
import WorkUnits

/// Which text, and how it is read.
struct TextArguments: ParsableArguments {
    @Argument(help: "Files, folders of them, globs such as 'texts/**/*.txt', or - for standard input.")
    var paths: [String] = []

    @Option(help: "File names to leave out, such as '*.dat'.")
    var exclude: [String] = []

    @Option(help: "A line that divides the documents of a text file, such as %; an empty one means blank lines.")
    var separator: String?

    @Option(help: "The field of each JSON line that holds the text; 'text' if left out.")
    var field: String?

    @Option(help: "How a row or JSON line becomes a document, such as '{act}: {prompt}'.")
    var template: String?

    @Option(
        help: "\(TextFormat.allCases.map(\.rawValue).joined(separator: ", ")); by the names of the files if left out.")
    var format: TextFormat?

    @Option(help: "The most megabytes of one document, 1 to 256.")
    var documentMegabytes = 32

    func validate() throws {
        guard (1...256).contains(documentMegabytes) else {
            throw ValidationError("--document-megabytes must be 1 to 256")
        }
    }

    var reading: ReadingOptions {
        var options = ReadingOptions()
        options.excluded = exclude
        options.format = format
        options.separator = separator
        options.field = field
        options.template = template
        options.maximumDocumentBytes = documentMegabytes << 20
        return options
    }

    func source(name: String) -> DatasetPlan.Source {
        DatasetPlan.Source(name: name, paths: paths, reading: reading)
    }
}

extension TextArguments {
    /// The files, in the order of reading.
    func files() throws(ReadingProblem) -> [String] {
        let found = FileFinder.files(at: paths, excluding: exclude)
        if let problem = found.problems.first { throw problem }
        return found.files
    }
}

extension Reading {
    /// For commands that take text as it is: what cannot be read ends them.
    func document() throws(ReadingProblem) -> Document {
        switch self {
        case .document(let document): return document
        case .problem(let problem): throw problem
        }
    }
}

extension TextFormat: ExpressibleByArgument {}

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

/// How copies are found and the sides divided.
struct DivisionArguments: ParsableArguments {
    @Flag(help: "Keep documents that resemble another one. Exact copies are left out in any case.")
    var keepNearDuplicates = false

    @Option(
        help: "From which similarity on, 0.5 to 1, a document counts as a near-duplicate (Jaccard, of words in a row).")
    var similarity = MinHashParameters().threshold

    @Option(help: "The share of the documents that is held out.")
    var validationShare = 0.05

    @Option(help: "Hold out the files of this name, whole, instead of a share; may be given several times.")
    var holdOut: [String] = []

    @Option(help: "Draws the order and the sides.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (0.5...1).contains(similarity) else { throw ValidationError("--similarity must be 0.5 to 1") }
        guard validationShare > 0, validationShare < 1 else {
            throw ValidationError("--validation-share must be between 0 and 1")
        }
    }

    var nearDuplicates: MinHashParameters? {
        guard !keepNearDuplicates else { return nil }
        var parameters = MinHashParameters()
        parameters.threshold = similarity
        return parameters
    }

    func validation(maximumTokens: Int) -> DatasetPlan.Validation {
        DatasetPlan.Validation(share: validationShare, files: holdOut, maximumTokens: maximumTokens)
    }
}
