/// When one computer is on, from the beginning of the simulation to its end: sessions, one after the other, drawn as they
/// are needed.
package struct Availability: Sendable {
    /// Seconds since the simulation began, in order; those that are over are forgotten.
    private var sessions: [Range<Double>] = []
    /// Where the next session may begin; nil after the last one.
    private var drawnUntil: Double?
    private let habit: HostProfile.Habit
    private let profile: HostProfile
    /// The second of the day at which this host's owner is usually there, and for how long.
    private let usual: (start: Double, length: Double)
    private var random: RandomStream

    private static let hour = 3600.0
    private static let day = 24 * hour

    package init(_ habit: HostProfile.Habit, profile: HostProfile, joining: Double, random: RandomStream) {
        var random = random
        self.habit = habit
        self.profile = profile
        var hours = 1.0...1.0
        if case .daily(let range) = habit { hours = range }
        usual = (random.within(0...Self.day), random.within(hours) * Self.hour)
        drawnUntil = joining
        self.random = random
    }

    package func isOn(at time: Double) -> Bool { sessions.contains { $0.contains(time) } }

    /// When something ends that begins at `start` and takes so many seconds of the computer being on; nil when it will not
    /// be on for as long.
    ///
    /// - Parameter start: not before those of earlier calls.
    package mutating func end(of active: Double, from start: Double) -> Double? {
        sessions.removeAll { $0.upperBound <= start }
        var left = active
        var place = 0
        while true {
            if place == sessions.count, !drawSession(after: start) { return nil }
            let session = sessions[place]
            let begin = max(session.lowerBound, start)
            if begin + left < session.upperBound { return begin + left }
            left -= session.upperBound - begin
            place += 1
        }
    }

    /// - Returns: false when there is none any more.
    private mutating func drawSession(after start: Double) -> Bool {
        while let from = drawnUntil {
            let (session, next) = nextSession(from: from)
            drawnUntil = next
            if session.upperBound > start {
                sessions.append(session)
                return true
            }
        }
        return false
    }

    private mutating func nextSession(from: Double) -> (session: Range<Double>, next: Double?) {
        var start = from
        var length: Double
        switch habit {
        case .alwaysOn:
            // Only absences end it. Without them one session is longer than any simulation.
            length = profile.absence + profile.leaving > 0 ? random.exponential(mean: 5 * Self.day) : 1e12
        case .daily:
            let days = ((from - usual.start) / Self.day).rounded(.up)
            start = max(from, usual.start + days * Self.day + random.normal() * Self.hour)
            length = usual.length * Portable.exp(0.3 * random.normal())
        case .sporadic(let on, let off):
            start += random.exponential(mean: off * Self.hour)
            length = random.exponential(mean: on * Self.hour)
        }
        // Long enough to be a session at all.
        length = max(length, 60)
        let end = start + length
        if random.chance(profile.leaving) { return (start..<end, nil) }
        if random.chance(profile.absence) {
            return (start..<end, end + random.within(profile.absenceDays) * Self.day)
        }
        return (start..<end, end + 60)
    }
}
