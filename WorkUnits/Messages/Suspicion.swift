/// Why a sound update is looked at again: something that training seldom gives. It is no proof, and convicts nobody.
public enum Suspicion: Codable, Hashable, Sendable {
    /// Its L2 norm is so many times the median of recent updates.
    case length(timesUsual: Double)
    /// So much its changes agree in sign with those of an update of another unit: 1 for a copy.
    case likeness(of: Digest, agreement: Double)
    /// So little its changes agree in sign with those of other updates of its version.
    case direction(agreement: Double, usual: Double)
    /// The loss on the unit's own text changed like that, in nats per token, and not like that of recent updates.
    case ownText(change: Double, usual: Double)
    /// The same of other text.
    case otherText(change: Double, usual: Double)
}

extension Suspicion: CustomStringConvertible {
    public var description: String {
        switch self {
        case .length(let times): "it is \(times.short) times as long as updates usually are"
        case .likeness(let unit, let agreement):
            "its changes agree with those of an answer to unit \(unit.short) by \(agreement.short)"
        case .direction(let agreement, let usual):
            "its changes agree with those of others by \(agreement.short), usual are \(usual.short)"
        case .ownText(let change, let usual):
            "it changes the loss on its own text by \(change.short) nats, usual are \(usual.short)"
        case .otherText(let change, let usual):
            "it changes the loss on other text by \(change.short) nats, usual are \(usual.short)"
        }
    }
}

extension Double {
    /// With three digits behind the point, for people.
    fileprivate var short: String {
        magnitude < 1e12 ? "\((self * 1000).rounded() / 1000)" : "\(self)"
    }
}
