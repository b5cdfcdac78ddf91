import WorkUnits

/// Why contributions cannot be merged. Nothing of the result may be used.
public enum AggregationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case noContributions
    /// Two contributions of one unit.
    case doubledUnit(index: Int)
    /// The update of this unit is for another model.
    case parameterCount(index: Int, found: Int, expected: Int)
    /// The weight of this unit's contribution is not a positive number.
    case weight(index: Int, Double)
    /// A parameter of the strategy is out of its range, or its rule cannot hold its promise with so many contributions.
    case strategy(InvalidSetting)
    /// Norms were given that cannot be those of this unit's update.
    case norms(index: Int)
    /// The update of this unit has an infinite value or one that is no number.
    case updateNotFinite(index: Int)
    /// The merged value of a parameter, by its place in the layout, is infinite or no number.
    case notFinite(parameter: Int)
    /// A version after the first lacks what the strategy carries from version to version.
    case missingState(OuterState.Part, version: Int)
    /// A version has what the strategy does not carry.
    case unexpectedState(OuterState.Part, version: Int)
    /// A part of the state is for another model, or not what a merge writes.
    case foreignState(OuterState.Part)
    /// A writer is for another model, has begun already, or is not one that the strategy fills.
    case wrongWriter

    public var description: String {
        switch self {
        case .noContributions: "a merge needs at least one contribution"
        case .doubledUnit(let index): "unit \(index) was given twice: a unit counts once"
        case .parameterCount(let index, let found, let expected):
            "the update of unit \(index) has \(found) parameters, the model \(expected): reject it"
        case .weight(let index, let weight): "unit \(index) weighs \(weight), which is not a positive number"
        case .strategy(let setting): "the strategy's \(setting)"
        case .norms(let index): "the norms of unit \(index) are not those of an update for this model"
        case .updateNotFinite(let index): "the update of unit \(index) is not finite: reject it"
        case .notFinite(let parameter):
            "parameter \(parameter) would not be finite: an update that is not, or too large, was accepted"
        case .missingState(let part, let version):
            "version \(version) has no \(part.rawValue), which the strategy needs to go on: fetch all blobs of its state"
        case .unexpectedState(let part, let version):
            "version \(version) has a \(part.rawValue), which the strategy does not use: it was made by another"
        case .foreignState(let part): "the \(part.rawValue) of the version before is not this model's"
        case .wrongWriter: "the weights and the state must be written for the same model, from the first parameter on"
        }
    }
}
