import Federation

/// What hosts that cheat do, and when.
extension SimulatedRun {
    /// What a host is going to do with a unit. Whoever gets one that the ledger has an answer to knows that it is an audit, and
    /// that a wrong answer to it is found for sure: there only a lazy auditor and accomplices cheat.
    mutating func act(on lease: Lease, of host: Int) -> Act {
        guard let cheat = hosts[host].traits.cheat else { return .honest }
        if let audited = trust.answers(to: lease.unit).last(where: { $0.host != host }) {
            if cheat == .lazyAuditor { return .cheat(cheat) }
            let isFriend = areAccomplices(host, audited.host) && !audited.act.isHonest
            return isFriend ? .repeating(audited.made) : .honest
        }
        guard cheat != .lazyAuditor, hosts[host].answers >= settings.cheating.honestFirst else { return .honest }
        return hosts[host].traits.random.chance(settings.cheating.rate) ? .cheat(cheat) : .honest
    }

    private func areAccomplices(_ host: Int, _ other: Int) -> Bool {
        switch (hosts[host].traits.cheat, hosts[other].traits.cheat) {
        case (.swarm, .swarm): true
        case (.pair, .pair): pairs[host] == other
        default: false
        }
    }

    /// The accomplice of each host that has one.
    static func pairs(_ hosts: [SimulatedHost]) -> [Int: Int] {
        let alone = hosts.indices.filter { hosts[$0].traits.cheat == .pair }
        return zip(alone, alone.dropFirst()).enumerated().filter { $0.offset.isMultiple(of: 2) }.map(\.element)
            .reduce(into: [:]) { pairs, pair in
                pairs[pair.0] = pair.1
                pairs[pair.1] = pair.0
            }
    }

    /// A host gets no more work under its name.
    mutating func leave(_ host: Int) {
        guard hosts[host].traits.cheat == .swarm else { return hosts[host].begin(.nothing) }
        hosts[host].takeNewName(number: host)
        numberOfHost[hosts[host].traits.name] = host
        hosts[host].begin(.registering)
        after(0, of: host)
    }
}
