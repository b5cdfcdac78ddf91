import ArgumentParser
import Datasets
import Documents

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

    /// For commands that cannot do without.
    func requirePaths() throws {
        guard !paths.isEmpty else { throw ValidationError("name files, folders or - for standard input") }
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
