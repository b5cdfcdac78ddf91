import WorkUnits

/// The merges that can still be made again without some of their contributions, and which these are.
///
/// A conviction strikes contributions out of the last `AuditRule.rollback` versions. The versions stay published; the next
/// one begins before the first of them: it repeats their merges without what was struck, and then takes its own. A later one
/// may have to begin there again, so a version is remembered until none that it could begin at holds what was struck, or
/// `most` are.
///
/// A value without time or chance: an audit that walks the ledger comes to the same merges.
public struct MergeHistory: Codable, Hashable, Sendable {
    /// Oldest first, without gaps, the newest version last.
    private(set) var recent: [PastMerge] = []
    /// Units whose contributions do not count, of those that are remembered or not merged yet.
    @Ascending private(set) var struck: Set<Int> = []
    /// Of the same, units whose contributions an audit has confirmed.
    @Ascending private(set) var confirmed: Set<Int> = []
    /// The oldest version with contributions that were struck after it was published, while no version was made without them.
    private(set) var firstStruck: Int?

    /// Versions that are remembered at most.
    public static let most = 2 * AuditRule.rollback

    public init() {}

    /// The versions that the merges remembered were made from.
    var bases: [Int] { recent.map(\.previous.version) }

    /// The next merge, with what it has to repeat.
    ///
    /// - Parameter contributions: of the new version, in the order of acceptance.
    public func merge(
        version: Int, height: Int, previous: CheckpointReference, contributions: some Sequence<Contribution>
    ) -> Merge {
        Merge(
            version: version, height: height, previous: previous,
            contributions: counting(contributions).sorted { ($0.index, $0.host) < ($1.index, $1.host) },
            repeated: repeated.map { past in
                PastMerge(
                    version: past.version, previous: past.previous, contributions: counting(past.contributions),
                    holdsStruck: past.holdsStruck)
            })
    }

    /// Versions to make again: from the last one before `firstStruck` whose base holds nothing that was struck.
    private var repeated: ArraySlice<PastMerge> {
        guard let firstStruck, let place = recent.lastIndex(where: { $0.version <= firstStruck }) else { return [] }
        var start = place
        while start > 0, recent[start - 1].holdsStruck { start -= 1 }
        return recent[start...]
    }

    private func counting(_ contributions: some Sequence<Contribution>) -> [Contribution] {
        contributions.filter { !struck.contains($0.index) }
    }

    /// Takes a merge's result.
    ///
    /// - Parameter unmerged: contributions that are accepted and in no version yet.
    public mutating func publish(_ merge: Merge, unmerged: some Sequence<Contribution>) {
        recent.append(
            PastMerge(
                version: merge.version, previous: merge.previous, contributions: merge.contributions, holdsStruck: false
            ))
        firstStruck = nil
        while recent.count > AuditRule.rollback, !recent[0].holdsStruck || recent.count > Self.most {
            recent.removeFirst()
        }
        forgetOld(unmerged)
    }

    /// An audit has found an answer right. It may be one that did not count, of a unit that another host's answer is for.
    public mutating func confirm(_ answer: Contribution, unmerged: some Sequence<Contribution>) {
        let counts = (recent.flatMap(\.contributions) + unmerged).contains {
            $0.index == answer.index && $0.host == answer.host
        }
        if counts { confirmed.insert(answer.index) }
    }

    /// What a conviction of this host strikes: units that it raised the height by, that no audit has confirmed, ascending.
    ///
    /// - Parameters:
    ///   - index: the unit of its answer that is wrong, whatever an audit said of it before.
    ///   - unmerged: contributions that are accepted and in no version yet.
    public func open(of host: HostID, convictedOf index: Int, unmerged: some Sequence<Contribution>) -> [Int] {
        (recent.flatMap(\.contributions) + unmerged).filter {
            $0.host == host && !struck.contains($0.index) && ($0.index == index || !confirmed.contains($0.index))
        }.map(\.index).sorted()
    }

    /// Strikes contributions by the indices of their units. Those of forgotten versions stay in the weights.
    public mutating func strike(_ indices: [Int]) {
        let indices = Set(indices)
        struck.formUnion(indices)
        guard let first = recent.firstIndex(where: { $0.contributions.contains { indices.contains($0.index) } }) else {
            return
        }
        for place in first..<recent.count { recent[place].holdsStruck = true }
        firstStruck = min(firstStruck ?? .max, recent[first].version)
    }

    /// Forgets what was said of units that are neither remembered here nor not merged yet.
    private mutating func forgetOld(_ unmerged: some Sequence<Contribution>) {
        let remembered = Set(recent.flatMap(\.contributions).map(\.index)).union(unmerged.map(\.index))
        struck.formIntersection(remembered)
        confirmed.formIntersection(remembered)
    }
}

/// A merge as it was made, for one that repeats it.
public struct PastMerge: Codable, Hashable, Sendable {
    public var version: Int
    /// The version that it was made from.
    public var previous: CheckpointReference
    /// In the order of averaging.
    public var contributions: [Contribution]
    /// Whether the published weights hold what was struck since.
    public var holdsStruck: Bool

    public init(
        version: Int, previous: CheckpointReference, contributions: [Contribution], holdsStruck: Bool = false
    ) {
        self.version = version
        self.previous = previous
        self.contributions = contributions
        self.holdsStruck = holdsStruck
    }
}

/// A set that is stored in ascending order, so that equal values have the same bytes.
@propertyWrapper struct Ascending: Codable, Hashable, Sendable {
    var wrappedValue: Set<Int>

    init(wrappedValue: Set<Int>) {
        self.wrappedValue = wrappedValue
    }

    init(from decoder: any Decoder) throws {
        wrappedValue = Set(try [Int](from: decoder))
    }

    func encode(to encoder: any Encoder) throws { try wrappedValue.sorted().encode(to: encoder) }
}
