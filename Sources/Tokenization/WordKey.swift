/// A word in a text, ready to be looked up: valid while the text's bytes are.
struct WordKey {
    /// Words of at most so many bytes are their own key; of longer ones the bytes are compared.
    static let longestInline = 15
    /// Longer words are not kept in tables.
    static let longest = 1024

    /// The bytes, for a word up to `longestInline`; else its hash.
    let low: UInt64
    /// The bytes from the ninth on with the length above them; else the flag of long words and the length.
    let high: UInt64
    let hash: UInt64
    let bytes: UnsafePointer<UInt8>
    let length: Int

    private static let longFlag: UInt64 = 1 << 63

    var isInline: Bool { length <= Self.longestInline }

    /// - Parameters:
    ///   - bytes: where the word begins.
    ///   - length: 1 ... `longest`.
    ///   - readable: how many bytes of text there are from `bytes` on, at least `length`.
    @inline(__always)
    init(_ bytes: UnsafePointer<UInt8>, length: Int, readable: Int, seed: HashSeed) {
        (self.bytes, self.length) = (bytes, length)
        if length > Self.longestInline {
            low = Self.hash(bytes, length: length, seed: seed)
            high = Self.longFlag | UInt64(length)
            hash = low
            return
        }
        var (low, high): (UInt64, UInt64) = (0, 0)
        if readable >= 16 {
            // SAFETY: both loads end within the 16 bytes that are readable.
            low = Self.load(bytes) & (UInt64.max >> (64 - 8 * UInt64(min(length, 8))))
            if length > 8 { high = Self.load(bytes + 8) & (UInt64.max >> (128 - 8 * UInt64(length))) }
        } else {
            for index in 0..<min(length, 8) { low |= UInt64(bytes[index]) << (8 * UInt64(index)) }
            for index in 8..<max(length, 8) { high |= UInt64(bytes[index]) << (8 * UInt64(index - 8)) }
        }
        (self.low, self.high) = (low, high | UInt64(length) << 56)
        hash = seed.hash(self.low, self.high)
    }

    @inline(__always)
    private static func load(_ bytes: UnsafePointer<UInt8>) -> UInt64 {
        UInt64(littleEndian: UnsafeRawPointer(bytes).loadUnaligned(as: UInt64.self))
    }

    /// - Parameter length: at least 16.
    private static func hash(_ bytes: UnsafePointer<UInt8>, length: Int, seed: HashSeed) -> UInt64 {
        var hash = UInt64(length)
        for offset in stride(from: 0, to: length - 16, by: 16) {
            hash = seed.hash(load(bytes + offset) ^ hash, load(bytes + offset + 8))
        }
        return seed.hash(load(bytes + length - 16) ^ hash, load(bytes + length - 8))
    }
}
