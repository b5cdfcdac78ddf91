/// Why documents did not become shards.
public enum DatasetFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLittleToTrain(tokens: Int, needed: Int)
    case tooLittleToMeasure(tokens: Int, needed: Int)

    public var description: String {
        switch self {
        case .tooLittleToTrain(let tokens, let needed):
            "the training text has \(tokens) tokens, fewer than the \(needed) of one sequence; add text or shorten"
                + " the sequence"
        case .tooLittleToMeasure(let tokens, let needed):
            "the validation text has \(tokens) tokens, fewer than the \(needed) of one sequence; raise the validation"
                + " share, add documents or shorten the sequence"
        }
    }
}
