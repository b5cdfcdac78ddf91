import Foundation

/// What all processors together have done since boot, as Linux counts it.
struct ProcessorLoad {
    private let busy, idle: Double

    /// - Returns: nil where the system does not tell.
    static func now() -> ProcessorLoad? {
        // proc(5): user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user.
        guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
            let line = text.split(separator: "\n").first
        else { return nil }
        let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
        guard ticks.count == 8 else { return nil }
        let idle = ticks[3] + ticks[4]
        return ProcessorLoad(busy: ticks.reduce(0, +) - idle, idle: idle)
    }

    /// The share of all processors that was busy since then.
    func share(since earlier: ProcessorLoad) -> Double {
        let (busy, idle) = (busy - earlier.busy, idle - earlier.idle)
        return busy + idle > 0 ? busy / (busy + idle) : 0
    }

    /// Waits until two samples in a row find less than 6% of the machine busy.
    ///
    /// - Returns: false when that did not come within so many seconds; true at once where the system does not tell.
    static func waitUntilIdle(atMost seconds: Double) -> Bool {
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        guard var last = now() else { return true }
        var idleSamples = 0
        while idleSamples < 2 {
            guard clock.now < end else { return false }
            Thread.sleep(forTimeInterval: 0.7)
            guard let next = now() else { return true }
            idleSamples = next.share(since: last) < 0.06 ? idleSamples + 1 : 0
            last = next
        }
        return true
    }
}
