import Foundation

/// The one place that reads the current time. Everything else is handed a `Timestamp`, or this function.
public enum SystemClock {
    public static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
