import WorkUnits

/// Remembers the signed requests of the last minutes, so that none is done twice.
///
/// What it cannot remember it refuses to do: requests that were signed before the server started, or before the oldest that it
/// still knows. Their senders sign them again.
package struct ReplayWindow: Sendable {
    /// Fingerprints of signer and stamp by the minute of signing. Two of 2^64 that are the same cost a repetition.
    private var seen: [Int64: Set<Int>] = [:]
    private var count = 0
    private var earliest: Timestamp
    private let limit: Int

    /// Most seconds between the time in a request and the coordinator's.
    package static let tolerance = 300.0

    /// - Parameter limit: requests that are remembered, at about 16 bytes each.
    package init(start: Timestamp, limit: Int = 4_000_000) {
        earliest = start
        self.limit = limit
    }

    package mutating func admit(_ stamp: RequestStamp, of signer: VerifyingKey, at now: Timestamp) throws(Refusal) {
        let window = (now + Seconds(-Self.tolerance))...(now + Seconds(Self.tolerance))
        guard window.contains(stamp.time) else {
            throw Refusal(
                .unauthorized,
                "the request's time is more than \(Int(Self.tolerance)) s from the server's: set the clock")
        }
        forget(before: window.lowerBound)
        guard stamp.time >= earliest else {
            throw Refusal(.sendAgain, "the server no longer knows whether it did this: sign it and send it again")
        }
        var hasher = Hasher()
        hasher.combine(signer)
        hasher.combine(stamp)
        guard seen[stamp.time.minute, default: []].insert(hasher.finalize()).inserted else {
            throw Refusal(.sendAgain, "this request was sent before: sign it and send it again")
        }
        count += 1
    }

    /// Forgets the minutes that are over, and as many more as the limit asks for.
    private mutating func forget(before time: Timestamp) {
        while let oldest = seen.keys.min(), oldest < time.minute || count >= limit {
            count -= seen.removeValue(forKey: oldest)?.count ?? 0
            earliest = max(earliest, Timestamp(milliseconds: (oldest + 1) * 60_000))
        }
    }
}

extension Timestamp {
    fileprivate var minute: Int64 { milliseconds / 60_000 }
}
