import WorkUnits

/// What one simulated computer is like, drawn from its profile.
struct HostTraits: Sendable {
    var name: HostID
    /// Times the median host's.
    let speed: Double
    /// Bytes per second.
    let uplink: Double
    let downlink: Double
    /// Seconds one way.
    let latency: Double
    let isHostile: Bool
    /// Nil: it does what it is asked for.
    let cheat: Cheat?
    var availability: Availability
    /// What else this host draws during the simulation.
    var random: RandomStream

    /// The hosts of a simulation. More hosts leave the first ones as they are, and so do hostile ones.
    static func draw(_ settings: SimulationSettings) -> [HostTraits] {
        let hostile = settings.hostileHosts
        let cheats = settings.cheatingHosts
        return (0..<settings.hosts).map { number in
            HostTraits(number, settings: settings, isHostile: hostile.contains(number), cheat: cheats[number])
        }
    }

    /// The name of a host, or a later one of a host that goes on under another.
    static func name(_ number: Int, life: Int = 0) -> HostID {
        let seed = "simulated host \(number)" + (life > 0 ? " again, \(life)" : "")
        guard let key = SigningKey(seed: Digest(of: seed.utf8).bytes) else {
            preconditionFailure("a digest has 32 bytes, and any 32 bytes are the seed of a key")
        }
        return key.verifyingKey
    }

    private init(_ number: Int, settings: SimulationSettings, isHostile: Bool, cheat: Cheat?) {
        let profile = settings.profile
        var random = RandomStream(seed: settings.seed, stream: UInt64(number) << 8)
        name = Self.name(number)
        speed = profile.speed.draw(from: &random)
        uplink = profile.uplink.draw(from: &random)
        downlink = profile.downlink.draw(from: &random)
        latency = profile.latency.draw(from: &random)
        self.isHostile = isHostile
        self.cheat = cheat
        let joining = random.within(0...max(profile.joiningHours * 3600, 1e-3))
        var draw = random.share()
        let habit = profile.habits.first { share in
            draw -= share.share
            return draw < 0
        }
        availability = Availability(
            habit?.habit ?? .alwaysOn, profile: profile, joining: joining,
            random: RandomStream(seed: settings.seed, stream: UInt64(number) << 8 | 1))
        self.random = RandomStream(seed: settings.seed, stream: UInt64(number) << 8 | 2)
    }
}
