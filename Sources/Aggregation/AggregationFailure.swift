/// Why contributions cannot be merged. Nothing of the result may be used.
public enum AggregationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case noContributions
    /// Two contributions of one unit.
    case doubledUnit(index: Int)
    /// The update of this unit is for another model.
    case parameterCount(index: Int, found: Int, expected: Int)
    /// The weight of this unit's contribution is not a positive number.
    case weight(index: Int, Double)
    case serverLearningRate(Double)
    /// The merged value of a parameter, by its place in the layout, is infinite or no number.
    case notFinite(parameter: Int)
    /// The writer is for another model, or has begun already.
    case wrongWriter

    public var description: String {
        switch self {
        case .noContributions: "a merge needs at least one contribution"
        case .doubledUnit(let index): "unit \(index) was given twice: a unit counts once"
        case .parameterCount(let index, let found, let expected):
            "the update of unit \(index) has \(found) parameters, the model \(expected): reject it"
        case .weight(let index, let weight): "unit \(index) weighs \(weight), which is not a positive number"
        case .serverLearningRate(let rate): "a server learning rate of \(rate) is not a positive number"
        case .notFinite(let parameter):
            "parameter \(parameter) would not be finite: an update that is not, or too large, was accepted"
        case .wrongWriter: "the weights must be written for the same model, from the first parameter on"
        }
    }
}
