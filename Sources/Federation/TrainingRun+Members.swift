import WorkUnits

/// Who takes part, and who does no more.
extension TrainingRun {
    /// The account that a registered host belongs to, under the key that it has now.
    public func volunteer(of host: HostID) -> VolunteerID? {
        hosts[host].map { members.volunteer(of: $0.member) }
    }

    /// The team that a registered host's work is counted with.
    public func team(of host: HostID) -> String? { hosts[host]?.member.team }

    /// Whether two hosts are registered, and belong to one account or one team.
    public func areTogether(_ first: HostID, _ second: HostID) -> Bool {
        guard let first = hosts[first]?.member, let second = hosts[second]?.member else { return false }
        return members.areTogether(first, second)
    }

    /// Refuses a host that was revoked or whose volunteer was banned. One that is not known is for others to refuse.
    func requireStanding(_ host: HostID) throws(Refused) {
        guard let member = hosts[host]?.member else { return }
        do { try members.requireStanding(host, member) } catch { throw .membership(error) }
    }

    /// Whether an event about members would change something.
    func changes(_ event: Event) throws(Refused) -> Bool {
        if case .joined(let joining) = event, hosts[joining.host] == nil, hosts.count >= policy.maximumHosts {
            throw .tooManyHosts(maximum: policy.maximumHosts)
        }
        do {
            switch event {
            case .joined(let joining):
                return try members.member(joining, known: hosts[joining.host]?.member) != nil
            case .revoked(let host, let volunteer):
                return try members.revoked(host, hosts[host]?.member, by: volunteer) != nil
            case .keyReplaced(let key, let successor, let host):
                return try members.allows(key, replacedBy: successor, host, hosts[host]?.member)
            case .banned(let volunteer, let isBanned): return members.isBanned(volunteer) != isBanned
            case .workRequested, .submitted, .judged, .merged, .drawn, .replayed, .timePassed:
                preconditionFailure("\(event) is not about members")
            }
        } catch {
            throw .membership(error)
        }
    }

    /// Does what `changes` allowed.
    mutating func change(_ event: Event) -> [Effect] {
        switch event {
        case .joined(let joining):
            let known = hosts[joining.host]
            guard let member = try? members.member(joining, known: known?.member) else { return [] }
            if known == nil { members.admit(joining) }
            var line = known ?? KnownHost(member, registered: time)
            line.member = member
            hosts[joining.host] = line
            return []
        case .revoked(let host, let volunteer):
            guard let member = try? members.revoked(host, hosts[host]?.member, by: volunteer) else { return [] }
            hosts[host]?.member = member
            return endWorkOfThoseWhoLeft()
        case .keyReplaced(let key, let successor, _):
            members.replace(key, by: successor)
            return []
        case .banned(let volunteer, let isBanned):
            _ = members.ban(volunteer, isBanned)
            return endWorkOfThoseWhoLeft()
        case .workRequested, .submitted, .judged, .merged, .drawn, .replayed, .timePassed:
            preconditionFailure("\(event) is not about members")
        }
    }

    /// Takes back what hosts hold that may not take part any more. What they contributed before stays.
    private mutating func endWorkOfThoseWhoLeft() -> [Effect] {
        var effects: [Effect] = []
        for assignment in unitOfAssignment.keys.sorted() {
            guard let replica = replica(assignment) else { continue }
            do {
                try requireStanding(replica.host)
            } catch {
                if replica.submission == nil {
                    close(assignment, as: .expired(deadline: replica.deadline))
                    counts.expired += 1
                } else {
                    effects.append(reject(replica, .rejected(reason: "\(error)")))
                }
            }
        }
        return effects
    }
}
