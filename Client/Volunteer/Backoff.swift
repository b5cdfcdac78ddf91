import WorkUnits

/// How long to wait after failures: exponential with full jitter (Brooker, "Exponential Backoff and Jitter", 2015).
///
/// | failures in a row | 1 | 2 | 3 | … | 11 and more |
/// |---|---|---|---|---|---|
/// | a random pause up to | 1 s | 2 s | 4 s | … | 10 min |
struct Backoff: Codable, Hashable, Sendable {
    /// Actions that failed since one succeeded.
    private var failures = 0
    /// Units that came to nothing since one was accepted.
    private var drops = 0
    private let seed: UInt64
    /// Random numbers drawn so far.
    private var draws: UInt64 = 0

    static let first = Seconds(1)
    static let cap = Seconds(600)
    /// The longest pause that a server can impose.
    static let longestPause = Seconds(86_400)

    init(seed: UInt64) {
        self.seed = seed
    }

    mutating func succeed() {
        failures = 0
    }

    mutating func complete() {
        drops = 0
    }

    mutating func fail(retryAfter: Seconds?) -> Seconds {
        failures += 1
        let own = delay()
        guard let told = retryAfter.map({ honour($0) }), told.count > own.count else { return own }
        return told
    }

    /// After a unit that came to nothing: the next may too, so that a host that fails always asks ever more rarely.
    mutating func drop() -> Seconds {
        drops += 1
        return delay()
    }

    /// As long as the server says and up to a tenth longer, so that those it told the same come back one by one.
    mutating func honour(_ told: Seconds) -> Seconds {
        let bounded = min(max(told.count, 0), Self.longestPause.count / 2)
        return Seconds(bounded * (1 + draw() / 10))
    }

    private mutating func delay() -> Seconds {
        let doublings = min(failures + drops - 1, 20)
        let most = min(Self.cap.count, Self.first.count * Double(1 << max(doublings, 0)))
        return Seconds(most * draw())
    }

    /// In [0, 1).
    private mutating func draw() -> Double {
        defer { draws += 1 }
        return CounterRandom(seed: seed, stream: 0x5041_5553_4553).unit(draws)
    }
}
