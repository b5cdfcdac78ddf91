import WorkUnits

/// What is unusual. Where the limits come from stands in docs/experiments.md.
extension Cohort {
    /// Those of the same number of steps that an update is compared with.
    private static let peers = 64
    /// With fewer peers nothing is usual yet.
    private static let fewestPeers = 8
    /// Times longer or shorter than the median. Honest updates were between 0.62 and 1.63.
    private static let lengths = 3.0
    private static let grossLengths = 100.0
    /// Honest updates agreed by up to 0.61, also where their texts overlap; copies with a tenth of noise by 0.92 and more, with
    /// three tenths by 0.72 to 0.86.
    private static let copies = 0.7
    /// The same of the same text, which comes back in a later epoch: there honest updates agreed by up to 0.75.
    private static let copiesOfSameText = 0.85
    /// Signs that differ from 0: with fewer, chance makes likeness.
    private static let fewestSigns = 64
    /// Of the same base, whose direction is known.
    private static let fewestOfBase = 3
    private static let mostOfBase = 16
    /// What chance gives, whose standard deviation is 1 / √4096 for two updates and less for their median.
    private static let chance = 0.02
    /// Where less is usual, honest updates are hardly told from chance.
    private static let leastUsualAgreement = 0.1
    /// Standard deviations of the peers' losses, by their median deviation.
    private static let deviations = 4.0
    /// Nats a token, that the loss of other text may rise above the usual.
    private static let poison = 0.5
    private static let grossPoison = 3.0

    /// The first of what is suspicious about an update that is no member.
    public func finding(on member: Member) -> Finding? {
        let peers = Array(members.lazy.filter { $0.steps == member.steps }.suffix(Self.peers))
        return likeness(of: member) ?? length(of: member, peers) ?? direction(of: member) ?? losses(of: member, peers)
    }

    private func likeness(of member: Member) -> Finding? {
        guard member.sketch.signs >= Self.fewestSigns else { return nil }
        // Short units of a new model all do about the same: nearer to a copy than to what is usual is near. The first of a
        // version are compared with what was usual in the one before.
        let usual = usualAgreement(of: member.base) ?? usualAgreement(among: members) ?? 0
        let near = members.compactMap { other -> (other: Member, agreement: Double)? in
            guard other.unit != member.unit else { return nil }
            let agreement = other.sketch.agreement(with: member.sketch)
            let copies = member.text.isMostly(in: other.text) ? Self.copiesOfSameText : Self.copies
            return agreement >= max(copies, (1 + usual) / 2) ? (other, agreement) : nil
        }
        guard let nearest = near.max(by: { $0.agreement < $1.agreement }) else { return nil }
        return Finding(
            suspicion: .likeness(of: nearest.other.unit, agreement: nearest.agreement),
            isGross: nearest.other.sketch == member.sketch)
    }

    private func length(of member: Member, _ peers: [Member]) -> Finding? {
        guard peers.count >= Self.fewestPeers else { return nil }
        let usual = peers.map(\.relativeLength).median
        guard usual > 0 else { return nil }
        let times = member.relativeLength / usual
        func isBeyond(_ limit: Double) -> Bool { times > limit || times < 1 / limit }
        guard isBeyond(Self.lengths) else { return nil }
        return Finding(suspicion: .length(timesUsual: times), isGross: isBeyond(Self.grossLengths))
    }

    private func direction(of member: Member) -> Finding? {
        guard let agreement = agreement(of: member), let usual = usualAgreement(of: member.base),
            usual >= Self.leastUsualAgreement, agreement < Self.chance
        else { return nil }
        return Finding(suspicion: .direction(agreement: agreement, usual: usual), isGross: false)
    }

    /// With others of its base; nil where there are too few.
    func agreement(of member: Member) -> Double? {
        let others = newest(of: member.base)
        guard others.count >= Self.fewestOfBase else { return nil }
        return others.map { $0.sketch.agreement(with: member.sketch) }.median
    }

    /// Of those of a base with each other; nil where too few are known.
    private func usualAgreement(of base: Digest) -> Double? { usualAgreement(among: newest(of: base)) }

    private func usualAgreement(among members: [Member]) -> Double? {
        let known = members.lazy.compactMap(\.agreement).suffix(Self.mostOfBase)
        return known.count >= Self.fewestOfBase ? Array(known).median : nil
    }

    private func newest(of base: Digest) -> [Member] {
        Array(members.lazy.filter { $0.base == base }.suffix(Self.mostOfBase))
    }

    /// Nobody who makes the model better is suspicious: early in training every update does, and the more the earlier.
    private func losses(of member: Member, _ peers: [Member]) -> Finding? {
        let changes = peers.compactMap(\.change)
        guard let change = member.change, changes.count >= Self.fewestPeers else { return nil }
        let other = Usual(changes.map(\.other))
        let rise = change.other - other.median
        // A loss that is not finite is above everything.
        if !(change.other <= 0), !(rise <= max(Self.poison, Self.deviations * other.deviation)) {
            return Finding(
                suspicion: .otherText(change: change.other.bounded, usual: other.median),
                isGross: !(rise <= Self.grossPoison))
        }
        let own = Usual(changes.map(\.own))
        guard !(change.own <= 0), !(change.own <= own.median + Self.deviations * own.deviation) else { return nil }
        return Finding(suspicion: .ownText(change: change.own.bounded, usual: own.median), isGross: false)
    }
}

/// Median and spread of some numbers.
private struct Usual {
    let median: Double
    /// 1.4826 times the median distance from the median: the standard deviation of what is normally distributed.
    let deviation: Double

    init(_ numbers: [Double]) {
        let median = numbers.map(\.bounded).median
        self.median = median
        deviation = 1.4826 * numbers.map { abs($0.bounded - median) }.median
    }
}

extension Double {
    /// A finite number, which can be written down.
    fileprivate var bounded: Double { isNaN ? 1e9 : Swift.max(-1e9, Swift.min(1e9, self)) }
}

extension [Double] {
    /// Of several in the middle the upper one; of none 0.
    fileprivate var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}

extension UpdateSketch {
    /// Places at which the weight changes.
    fileprivate var signs: Int { zip(rises, falls).reduce(0) { $0 + ($1.0 | $1.1).nonzeroBitCount } }
}
