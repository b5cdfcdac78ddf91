import Foundation

/// What the system refused to do with a file, and why.
public struct FileFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var operation: String
    public var path: String
    /// The system's error number.
    public var code: Int32

    /// Takes the number from `errno`: to be called right after the refusal.
    public init(_ operation: String, _ path: String) {
        code = errno
        self.operation = operation
        self.path = path
    }

    public var isDiskFull: Bool { [ENOSPC, EDQUOT, EFBIG].contains(code) }

    public var description: String {
        let advice = isDiskFull ? "; free some space on this disk" : ""
        return "cannot \(operation) \(path): \(String(cString: strerror(code)))\(advice)"
    }
}
