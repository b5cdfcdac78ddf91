/// Why a list of steps cannot be applied.
public enum CleaningFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownStep(String)
    /// A step that needs limits stands without them, or the other way round.
    case parameters(step: String)
    case lengths(minimum: Int, maximum: Int)
    case share(step: String, Double)
    case nGramLength(step: String, Int)

    public var description: String {
        switch self {
        case .unknownStep(let name): "there is no cleaning step \(name); there are \(CleaningStep.names)"
        case .parameters(let step): "the cleaning step \(step) is written \(CleaningStep.form(of: step))"
        case .lengths(let minimum, let maximum):
            "length: the minimum \(minimum) must be 0 or more, and not above the maximum \(maximum)"
        case .share(let step, let share): "\(step): the share \(share) is not between 0 and 1"
        case .nGramLength(let step, let length): "\(step): an n-gram of \(length) words; 1 to 64 are possible"
        }
    }
}
