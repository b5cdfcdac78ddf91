/// 32 bytes in the value itself. An array of them would be an object on the heap, whose references are counted with every copy,
/// and a run copies names of hosts, units and updates at every turn.
struct Bytes32: Hashable, Sendable, BitwiseCopyable {
    // Each with its first byte the most significant, so that words are ordered as bytes are.
    let first: UInt64
    private let second, third, fourth: UInt64

    // All words, as strangers choose them; in one call, which takes less time than four.
    func hash(into hasher: inout Hasher) { withUnsafeBytes(of: self) { hasher.combine(bytes: $0) } }

    static let count = 32
    static let zero = Bytes32(first: 0, second: 0, third: 0, fourth: 0)

    private init(first: UInt64, second: UInt64, third: UInt64, fourth: UInt64) {
        (self.first, self.second, self.third, self.fourth) = (first, second, third, fourth)
    }

    /// - Parameter bytes: exactly 32.
    init(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count == Self.count, "\(bytes.count) bytes")
        func word(_ place: Int) -> UInt64 {
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * place, as: UInt64.self))
        }
        self.init(first: word(0), second: word(1), third: word(2), fourth: word(3))
    }

    /// - Returns: nil unless there are exactly 32 bytes.
    init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.count else { return nil }
        self = Array(bytes).withUnsafeBytes { Bytes32($0) }
    }

    var bytes: [UInt8] {
        let words = (first.bigEndian, second.bigEndian, third.bigEndian, fourth.bigEndian)
        return withUnsafeBytes(of: words, Array.init)
    }
}

extension Bytes32: Comparable {
    static func < (left: Bytes32, right: Bytes32) -> Bool {
        (left.first, left.second, left.third, left.fourth) < (right.first, right.second, right.third, right.fourth)
    }
}
