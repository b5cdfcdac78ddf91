/// What a host does instead of the training that it was asked for, claiming that it did it. Unlike an `Attack` it has to get
/// past all checks by itself.
public enum Cheat: String, CaseIterable, Hashable, Codable, Sendable {
    /// No training: an update of zeros.
    case zero
    /// No training: random numbers, as large as the update of another.
    case noise
    /// No training: what it sent last.
    case old
    /// No training: what another host sent last.
    case copied
    /// Half of the steps, nine of ten, all but the last hundredth.
    case half, most, nearlyAll
    /// The unit's text in another order than it says.
    case otherData
    /// Nine tenths of the learning rate.
    case otherSettings
    /// Weights in 16 bits.
    case otherPrecision
    /// The opposite of what training gives.
    case poisoned
    /// Trains its units; to an audit it answers what the ledger has, and makes up the rest.
    case lazyAuditor
    /// No training. Two of them, of different volunteers, tell each other what they made up, and confirm it when they audit.
    case pair
    /// No training. As a pair, but all of them; and who is shut out comes back under another name.
    case swarm

    /// Of a unit's training, what it really does.
    var effort: Double {
        switch self {
        case .zero, .noise, .old, .copied, .pair, .swarm: 0
        case .half: 0.5
        case .most: 0.9
        case .nearlyAll: 0.99
        case .otherData, .otherSettings, .otherPrecision, .poisoned: 1
        case .lazyAuditor: 0
        }
    }
}

/// Who cheats in a simulation, and when.
public struct Cheating: Hashable, Sendable {
    /// Of all hosts; they are drawn by the seed.
    public var share: Double
    /// Dealt out in turn.
    public var kinds: [Cheat]
    /// Answers that each of them gives honestly before it begins.
    public var honestFirst: Int
    /// Of its units from then on, those that it cheats with.
    public var rate: Double

    public init(share: Double = 0, kinds: [Cheat] = Cheat.allCases, honestFirst: Int = 0, rate: Double = 1) {
        self.share = share
        self.kinds = kinds
        self.honestFirst = honestFirst
        self.rate = rate
    }

    func validate() throws(SimulationFailure) {
        guard (0..<1).contains(share) else {
            throw SimulationFailure("a share of cheating hosts of \(share) is not from 0 to below 1")
        }
        guard !kinds.isEmpty else { throw SimulationFailure("name at least one kind of cheat") }
        guard (0...1_000_000).contains(honestFirst) else {
            throw SimulationFailure("\(honestFirst) honest answers first are not between 0 and 1000000")
        }
        guard (0...1).contains(rate) else {
            throw SimulationFailure("a cheating rate of \(rate) is not between 0 and 1")
        }
    }
}

/// What a host does with a unit.
enum Act: Hashable, Sendable {
    case honest
    case cheat(Cheat)
    /// An audit, answered by what an accomplice told.
    case repeating(MadeUpdate)

    var isHonest: Bool { self == .honest }

    /// Of the unit's training, what is really done.
    var effort: Double {
        switch self {
        case .honest: 1
        case .cheat(let cheat): cheat.effort
        case .repeating: 0
        }
    }
}
