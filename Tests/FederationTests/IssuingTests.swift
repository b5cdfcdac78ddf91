import Federation
import Testing
import WorkUnits

struct IssuingTests {
    @Test func `a version hands out as many units as a merge needs and then asks to wait`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 3))
        let leases = try (0..<3).map { try #require(try scenario.request($0)) }
        #expect(leases.map(\.unit.index) == [0, 1, 2])
        #expect(leases.map(\.assignment) == [0, 1, 2])
        #expect(leases.allSatisfy { $0.unit.base == Scenario.version(0) })
        let reason = "every unit of this version is in the hands of other hosts"
        #expect(try scenario.apply(.workRequested(Scenario.host(3))) == [.wait(Seconds(5), reason: reason)])
    }

    @Test func `a host that asks again gets the same assignment and nothing changes`() throws {
        var scenario = try Scenario()
        let first = try #require(try scenario.request(0))
        scenario.seconds = Scenario.lease - 1
        let revision = scenario.run.revision
        #expect(try scenario.request(0) == first)
        #expect(scenario.run.revision == revision)
    }

    @Test func `staleness lets later units of an unfinished version out`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 2, maximumStaleness: 1), hosts: 6)
        let leases = try (0..<6).map { try scenario.request($0)?.unit.index }
        #expect(leases == [0, 1, 2, 3, nil, nil])
    }

    @Test func `the last version gets no more units than it needs`() throws {
        var scenario = try Scenario(Scenario.policy(mergeEvery: 2, lastVersion: 1, maximumStaleness: 3))
        let leases = try (0..<4).map { try scenario.request($0)?.unit.index }
        #expect(leases == [0, 1, nil, nil])
    }

    @Test func `a host that is not registered is refused`() throws {
        var scenario = try Scenario(hosts: 1)
        #expect(throws: Refused.unknownHost(Scenario.host(5))) { try scenario.request(5) }
    }

    @Test func `registering twice changes nothing and one host too many is refused`() throws {
        var policy = Scenario.policy()
        policy.maximumHosts = 2
        var scenario = try Scenario(policy, hosts: 2)
        let revision = scenario.run.revision
        #expect(try scenario.apply(.joined(Joining(host: Scenario.host(1)))).isEmpty)
        #expect(scenario.run.revision == revision)
        #expect(throws: Refused.tooManyHosts(maximum: 2)) {
            try scenario.apply(.joined(Joining(host: Scenario.host(2))))
        }
    }

    @Test func `a policy that no run could follow is refused`() {
        var broken = [Scenario.policy(mergeEvery: 0), Scenario.policy(quorum: 6, maximumReplicas: 5)]
        broken.append(Scenario.policy(lastVersion: 0))
        broken.append(Scenario.policy(maximumStaleness: -1))
        var hasty = Scenario.policy()
        hasty.lease = Seconds(.nan)
        broken.append(hasty)
        for policy in broken {
            #expect(throws: InvalidSetting.self) {
                try TrainingRun(policy: policy, base: Scenario.version(0), at: Timestamp(milliseconds: 0))
            }
        }
    }
}
