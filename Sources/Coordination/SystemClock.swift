import Foundation
import WorkUnits

/// The one place where the time is read.
public enum SystemClock {
    public static func now() -> Timestamp {
        Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}
