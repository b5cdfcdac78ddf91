/// How many hosts a simulated run has, what they are like, and what they do.
public struct SimulationSettings: Hashable, Sendable {
    public var hosts: Int
    public var profile: HostProfile
    /// Draws everything about the hosts and the network; the recipe's seed draws weights and order as in a real run.
    public var seed: UInt64
    public var text: TextDivision
    /// What hostile hosts do, and their share of all hosts; they are drawn by the seed.
    public var attack: Attack
    public var hostileShare: Double
    public var cheating: Cheating
    /// Minutes that the median host takes for the recipe's longest unit.
    public var unitMinutes: Double

    public init(
        hosts: Int = 16, profile: HostProfile = .lan, seed: UInt64 = 1, text: TextDivision = .shared,
        attack: Attack = .signFlip, hostileShare: Double = 0, cheating: Cheating = Cheating(),
        unitMinutes: Double = 2.5
    ) {
        self.hosts = hosts
        self.profile = profile
        self.seed = seed
        self.text = text
        self.attack = attack
        self.hostileShare = hostileShare
        self.cheating = cheating
        self.unitMinutes = unitMinutes
    }

    public static let hostRange = 1...100_000

    /// Refuses what cannot be simulated.
    public func validate() throws(SimulationFailure) {
        guard Self.hostRange.contains(hosts) else {
            throw SimulationFailure(
                "\(hosts) hosts are not between \(Self.hostRange.lowerBound) and \(Self.hostRange.upperBound)")
        }
        guard (0..<1).contains(hostileShare) else {
            throw SimulationFailure("a hostile share of \(hostileShare) is not from 0 to below 1")
        }
        guard unitMinutes > 0, unitMinutes <= 100_000 else {
            throw SimulationFailure("\(unitMinutes) minutes for a unit are not above 0 and at most 100000")
        }
        try text.validate()
        try cheating.validate()
        guard cheating.share == 0 || text == .shared else {
            throw SimulationFailure(
                "hosts that hold text of their own cannot train each other's units again, so that nobody finds a cheat: "
                    + "take shared text")
        }
    }

    /// The hosts that are hostile: the nearest whole number of them, drawn by the seed.
    var hostileHosts: Set<Int> { Set(drawn(hostileShare, stream: .max)) }

    /// The hosts that cheat, and how.
    var cheatingHosts: [Int: Cheat] {
        let hosts = drawn(cheating.share, stream: .max - 2).enumerated()
        return Dictionary(uniqueKeysWithValues: hosts.map { ($1, cheating.kinds[$0 % cheating.kinds.count]) })
    }

    /// The nearest whole number of hosts to this share, in random order.
    private func drawn(_ share: Double, stream: UInt64) -> ArraySlice<Int> {
        var random = RandomStream(seed: seed, stream: stream)
        var order = Array(0..<hosts)
        for last in stride(from: hosts - 1, to: 0, by: -1) { order.swapAt(last, random.below(last + 1)) }
        return order.prefix(Int((share * Double(hosts)).rounded()))
    }
}

/// Which text a host trains on.
public enum TextDivision: Hashable, Sendable {
    /// That of its unit, as in a real run: all hosts see the same text.
    case shared
    /// Its own files: dealt out in turn, each host has one where there are as many hosts as files.
    case files
    /// Its own sources of the recipe, dealt out likewise.
    case sources
    /// All files, in shares of its own, drawn from a Dirichlet distribution with α times each file's share of the text: below 1,
    /// one file has most of it (Hsu, Qi and Brown, 2019).
    case dirichlet(Double)

    func validate() throws(SimulationFailure) {
        if case .dirichlet(let alpha) = self, !(alpha >= 0.001 && alpha <= 1000) {
            throw SimulationFailure("Dirichlet's alpha of \(alpha) is not between 0.001 and 1000")
        }
    }
}

/// Why something cannot be simulated, and what to do.
public struct SimulationFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
