/// Why files did not become a dataset, and what to do.
public enum DatasetFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case noFiles(paths: [String], excluding: [String])
    /// Nothing is left of what was read; the first thing that could not be read, if there was one.
    case noText(paths: [String], problem: String?)
    /// A single document cannot be divided for validation.
    case oneDocument
    /// No file that was found has such a name.
    case nothingHeldOut(pattern: String)
    /// Every file is to be held out.
    case everythingHeldOut(patterns: [String])
    case tooLittleToTrain(tokens: Int, needed: Int)
    case tooLittleToMeasure(tokens: Int, needed: Int)
    /// The working folder of an earlier attempt cannot be continued.
    case damaged(file: String, reason: String)

    public var description: String {
        switch self {
        case .noFiles(let paths, let excluding):
            "\(paths.joined(separator: ", ")): no files to read"
                + (excluding.isEmpty ? "" : " that are not excluded by \(excluding.joined(separator: ", "))")
        case .noText(_, let problem?): "no text is left; the first problem was: \(problem)"
        case .noText(let paths, nil):
            "\(paths.joined(separator: ", ")): no text is left to train on: see what the files hold, and what the cleaning"
                + " removes"
        case .oneDocument:
            "one document cannot be divided for validation; add files, or name the separator line that divides this one"
                + " into documents (an empty separator means blank lines)"
        case .nothingHeldOut(let pattern):
            "'\(pattern)' is to be held out for validation, but no file that was found has such a name"
        case .everythingHeldOut(let patterns):
            "\(patterns.joined(separator: ", ")): that holds out every file; nothing is left to train on"
        case .tooLittleToTrain(let tokens, let needed):
            "the training text has \(tokens) tokens, fewer than the \(needed) of one sequence; add text or shorten"
                + " the sequence"
        case .tooLittleToMeasure(let tokens, let needed):
            "the validation text has \(tokens) tokens, fewer than the \(needed) of one sequence; raise the validation"
                + " share, add documents or shorten the sequence"
        case .damaged(let file, let reason): "\(file): \(reason); remove its folder and start again"
        }
    }
}
