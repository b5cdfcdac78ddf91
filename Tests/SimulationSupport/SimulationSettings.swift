import Federation
import WorkUnits

/// How many volunteers, and how bad the world is to them. Shares are probabilities, 0 to 1.
public struct SimulationSettings: Sendable {
    public var seed: UInt64
    public var policy: RunPolicy
    public var hosts = 200
    /// Seconds that the fastest host takes for a unit of the most steps.
    public var fastest = 20.0
    /// How many times slower the slowest is.
    public var spread = 100.0

    public var lostMessages = 0.05
    public var doubledMessages = 0.05
    public var lateMessages = 0.03
    /// Leases whose host goes away for much longer than the lease.
    public var vanishing = 0.05
    /// Updates that the judge rejects.
    public var garbage = 0.05
    /// Updates that are sound but not the bytes that others compute.
    public var drifting = 0.0
    /// Transactions at which the coordinator crashes: half of them before they are durable, half of them after.
    public var crashes = 0.06
    /// A single transaction at which it crashes, whatever `crashes` says.
    public var crashAt: (commit: Int, isDurable: Bool)?
    public var snapshotEvery = 20
    /// Simulated seconds after which a run counts as stalled.
    public var patience = 30 * 86_400.0

    public init(seed: UInt64, policy: RunPolicy) {
        self.seed = seed
        self.policy = policy
    }

    /// A world without faults.
    public static func calm(seed: UInt64, policy: RunPolicy) -> Self {
        var settings = Self(seed: seed, policy: policy)
        settings.lostMessages = 0
        settings.doubledMessages = 0
        settings.lateMessages = 0
        settings.vanishing = 0
        settings.garbage = 0
        settings.crashes = 0
        return settings
    }
}

extension Double {
    /// `base` to the power of an exponent from 0 to 1, by square roots: the same bits on every machine.
    static func pow(_ base: Double, _ exponent: Double) -> Double {
        var result = 1.0
        var root = base.squareRoot()
        var rest = exponent
        for _ in 0..<20 {
            rest *= 2
            if rest >= 1 {
                result *= root
                rest -= 1
            }
            root = root.squareRoot()
        }
        return result
    }
}
