import Foundation
import WorkUnits

/// The client's clock: the only place where it is read.
public func systemTime() -> Timestamp {
    Timestamp(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded()))
}
