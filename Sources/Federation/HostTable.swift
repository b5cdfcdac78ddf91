import WorkUnits

/// The hosts of a run by name. Remembers whose line changed, so that a snapshot of a million hosts writes only those.
struct HostTable: Sendable {
    private(set) var known: [HostID: KnownHost] = [:]
    /// Since the lines were taken last.
    private var changed: Set<HostID> = []

    var count: Int { known.count }

    subscript(host: HostID) -> KnownHost? {
        get { known[host] }
        set {
            known[host] = newValue
            changed.insert(host)
        }
    }

    init(_ known: [HostID: KnownHost] = [:]) {
        self.known = known
    }

    mutating func takeChanged() -> [HostID: KnownHost] {
        defer { changed = [] }
        return changed.reduce(into: [:]) { $0[$1] = known[$1] }
    }
}

/// Two tables are the same when their lines are.
extension HostTable: Hashable {
    static func == (left: HostTable, right: HostTable) -> Bool { left.known == right.known }
    func hash(into hasher: inout Hasher) { hasher.combine(known) }
}

extension HostTable: Codable {
    init(from decoder: any Decoder) throws {
        self.init(try [HostID: KnownHost](from: decoder))
    }

    func encode(to encoder: any Encoder) throws { try known.encode(to: encoder) }
}

extension TrainingRun {
    /// The part of a run that is stored whole: its hosts are stored line by line.
    public var withoutHosts: TrainingRun {
        var run = self
        run.hosts = HostTable()
        return run
    }

    /// The lines of hosts that are new or changed since this was called last.
    public mutating func takeChangedHosts() -> [HostID: KnownHost] { hosts.takeChanged() }

    /// Gives a run that was stored without hosts what was stored of them.
    public mutating func restore(_ hosts: [HostID: KnownHost]) { self.hosts = HostTable(hosts) }
}
