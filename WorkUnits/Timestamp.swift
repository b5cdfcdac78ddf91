/// A point in time as the project records it: whole milliseconds since 1970-01-01T00:00:00Z.
///
/// Rules receive timestamps, they never ask for them: only `SystemClock` reads the time, and the programs hand it down.
public struct Timestamp: Hashable, Sendable, Codable, Comparable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// Saturates instead of overflowing.
    public static func + (time: Timestamp, seconds: Seconds) -> Timestamp {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(seconds.milliseconds)
        return Timestamp(milliseconds: overflow ? (seconds.count < 0 ? .min : .max) : sum)
    }
}

/// A length of time in a recipe or a message: seconds, to the millisecond.
public struct Seconds: Hashable, Sendable, Codable {
    public var count: Double

    public init(_ count: Double) {
        self.count = count
    }

    /// Rounded to whole milliseconds, bounded to what `Int64` holds.
    public var milliseconds: Int64 {
        let value = (count * 1000).rounded()
        guard value.isFinite else { return value > 0 ? .max : 0 }
        return Int64(exactly: max(-9e18, min(9e18, value))) ?? 0
    }

    public init(from decoder: any Decoder) throws {
        count = try decoder.singleValueContainer().decode(Double.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(count)
    }
}
