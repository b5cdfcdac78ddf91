/// What the hosts of a simulated run are like: the distributions that each host draws its traits from.
///
/// |  | `lan` | `internet` |
/// |---|---|---|
/// | speed, times the median | 1 | lognormal, σ 1, a hundredfold from slowest to fastest |
/// | uplink | 1 Gbit/s | lognormal, median 5 Mbit/s, σ 1, 0.5 to 50 Mbit/s |
/// | downlink | 1 Gbit/s | lognormal, median 50 Mbit/s, σ 0.8, 5 to 500 Mbit/s |
/// | one way through the network | 0.2 ms | lognormal, median 60 ms, σ 0.6, 15 to 240 ms |
/// | messages that get lost | none | 2% |
/// | computers | always on | 30% always on, 50% in hours of the day, 20% now and then |
/// | after a session, away for days | never | 4%, for 1 to 14 days |
/// | after a session, gone for good | never | 0.5% |
/// | joining | all at once | within the first six hours |
///
/// The kinds of traits are those that Anderson and Fedak, "The computational and storage potential of volunteer computing",
/// 2006, measured on 330,000 BOINC hosts; the numbers are round ones of today, ours.
public struct HostProfile: Hashable, Sendable {
    public var name: String
    /// How many times as fast as the median host.
    public var speed: LogNormal
    /// Bytes per second.
    public var uplink: LogNormal
    /// Bytes per second.
    public var downlink: LogNormal
    /// Seconds that a message takes one way.
    public var latency: LogNormal
    /// Share of the messages that nobody receives.
    public var lostMessages: Double
    /// Shares of the hosts, 1 together, by when they are on.
    public var habits: [HabitShare]
    /// Probability that a session ends with days of absence, and how many days.
    public var absence: Double
    public var absenceDays: ClosedRange<Double>
    /// Probability that a session is the host's last.
    public var leaving: Double
    /// Hosts join evenly within so many hours.
    public var joiningHours: Double

    public struct HabitShare: Hashable, Sendable {
        public var share: Double
        public var habit: Habit

        public init(share: Double, habit: Habit) {
            self.share = share
            self.habit = habit
        }
    }

    /// When a computer is on.
    public enum Habit: Hashable, Sendable {
        case alwaysOn
        /// Once a day from an hour of its own on, so many hours long: its owner's hours.
        case daily(hours: ClosedRange<Double>)
        /// For exponentially distributed times, of these means in hours.
        case sporadic(on: Double, off: Double)
    }

    public static let lan = HostProfile(
        name: "lan", speed: .exactly(1), uplink: .exactly(125e6), downlink: .exactly(125e6), latency: .exactly(2e-4),
        lostMessages: 0, habits: [HabitShare(share: 1, habit: .alwaysOn)], absence: 0, absenceDays: 1...1, leaving: 0,
        joiningHours: 0)

    public static let internet = HostProfile(
        name: "internet", speed: LogNormal(median: 1, sigma: 1, spread: 100),
        uplink: LogNormal(median: 0.625e6, sigma: 1, spread: 100),
        downlink: LogNormal(median: 6.25e6, sigma: 0.8, spread: 100),
        latency: LogNormal(median: 0.06, sigma: 0.6, spread: 16), lostMessages: 0.02,
        habits: [
            HabitShare(share: 0.3, habit: .alwaysOn), HabitShare(share: 0.5, habit: .daily(hours: 3...12)),
            HabitShare(share: 0.2, habit: .sporadic(on: 2, off: 4)),
        ],
        absence: 0.04, absenceDays: 1...14, leaving: 0.005, joiningHours: 6)

    /// All there are.
    public static let all = [lan, internet]
}
