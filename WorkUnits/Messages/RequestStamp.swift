import Crypto

/// Makes a signed request one of its kind: whoever repeats it is recognised.
public struct RequestStamp: Codable, Hashable, Sendable {
    /// When the request was signed: refused when it is far from the coordinator's time.
    public var time: Timestamp
    public var nonce: UInt64

    /// A request at this time, with a nonce from the system's generator.
    public init(_ time: Timestamp) {
        self.init(time, nonce: SymmetricKey(size: .bits128).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })
    }

    public init(_ time: Timestamp, nonce: UInt64) {
        self.time = time
        self.nonce = nonce
    }
}
