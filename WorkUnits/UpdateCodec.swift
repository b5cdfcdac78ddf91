/// How an update's numbers are written; see FORMAT.md, and docs/decisions/0015-update-codecs.md for how they compare.
///
/// | codec | bits per parameter | what is lost |
/// |---|---|---|
/// | `float32` | 32 | nothing |
/// | `bfloat16` | 16 | all but 8 bits of precision |
/// | `int8` | 8.06, compressed about 7.5 | rounded at random, by less than a 127th of the block's largest magnitude |
/// | `int4` | 4.06, compressed about 3.3 | rounded at random, by less than a 7th of the block's largest magnitude |
/// | `topK` | about 0.19 | all but the 18 largest of 1024, which keep a sign and one of two magnitudes |
public enum UpdateCodec: String, Codable, Hashable, Sendable, CaseIterable {
    /// IEEE 754 single precision: lossless.
    case float32
    /// The upper half of a float32, rounded to nearest, ties to even: half the bytes.
    case bfloat16
    /// 255 levels and a scale for every 256 parameters: a quarter of the bytes.
    case int8
    /// 15 levels and a scale for every 256 parameters: at most a ninth of the bytes.
    case int4
    /// The 18 largest of every 1024: at most a 150th of the bytes. Meant for `ErrorFeedback`, hundreds of heights, and a server
    /// learning rate of 2.
    case topK
}

extension UpdateCodec {
    /// The greatest magnitude that `int8`, `int4` and `topK` write: no multiple of a scale comes near infinity.
    public static let largestMagnitude: Float = 0x1p120

    /// The sizes that the payload of `count` parameters can have, for `count` in 1 ... `UpdateArchive.chunkValues`.
    public func payloadBytes(_ count: Int) -> ClosedRange<Int> {
        switch self {
        case .float32: 4 * count...4 * count
        case .bfloat16: 2 * count...2 * count
        case .int8: BlockCodec.int8.payloadBytes(count)...BlockCodec.int8.payloadBytes(count)
        case .int4: BlockCodec.int4.payloadBytes(count)...BlockCodec.int4.payloadBytes(count)
        case .topK: SparseCodec.payloadBytes(count)
        }
    }

    /// One of so many values is sent.
    var sparsity: Int { self == .topK ? SparseCodec.sparsity : 1 }

    /// Neighbours in a chunk that share a scale, so that one can come out as large as the largest of them.
    var valuesPerScale: Int {
        switch self {
        case .float32, .bfloat16: 1
        case .int8, .int4: BlockCodec.blockValues
        case .topK: SparseCodec.blockValues
        }
    }

    /// The payload of a chunk, before it is compressed: the same bytes on every machine.
    ///
    /// - Parameters:
    ///   - values: 1 ... `UpdateArchive.chunkValues` differences.
    ///   - first: the place of the first one in the parameter layout. Random rounding is drawn for every parameter by its
    ///     place, so it does not matter which thread encodes a chunk, or when.
    ///   - unit: digest of the work-unit archive, the seed of random rounding.
    /// - Throws: for a number that the codec cannot write.
    public func encode(_ values: [Float], first: Int, unit: Digest) throws(UnencodableUpdate) -> [UInt8] {
        switch self {
        case .float32: return BytePlanes.encode(values, bytesEach: 4) { $0.bitPattern }
        case .bfloat16: return BytePlanes.encode(values, bytesEach: 2) { $0.bfloat16 }
        case .int8: return try BlockCodec.int8.encode(values, first: first, unit: unit)
        case .int4: return try BlockCodec.int4.encode(values, first: first, unit: unit)
        case .topK: return try SparseCodec.encode(values, first: first)
        }
    }

    /// The `count` values of a payload, however it was made: nothing is read beyond it, and what `int8`, `int4` and `topK`
    /// give back is finite. `float32` and `bfloat16` give back what was written, also NaN and infinity.
    ///
    /// - Parameter count: 1 ... `UpdateArchive.chunkValues`.
    public func decode(_ payload: [UInt8], count: Int) throws(MalformedPayload) -> [Float] {
        try checkSize(payload, count: count)
        switch self {
        case .float32: return BytePlanes.decode(payload[...], bytesEach: 4) { Float(bitPattern: $0) }
        case .bfloat16: return BytePlanes.decode(payload[...], bytesEach: 2) { Float(bfloat16: $0) }
        case .int8: return try BlockCodec.int8.decode(payload, count: count)
        case .int4: return try BlockCodec.int4.decode(payload, count: count)
        case .topK: return try SparseCodec.decode(payload, count: count)
        }
    }

    /// Refuses what `decode` refuses.
    func check(_ payload: [UInt8], count: Int) throws(MalformedPayload) {
        try checkSize(payload, count: count)
        switch self {
        case .float32, .bfloat16: break
        case .int8: try BlockCodec.int8.check(payload, count: count)
        case .int4: try BlockCodec.int4.check(payload, count: count)
        case .topK: _ = try SparseCodec.decode(payload, count: count)
        }
    }

    private func checkSize(_ payload: [UInt8], count: Int) throws(MalformedPayload) {
        guard payloadBytes(count).contains(payload.count) else {
            throw .size(found: payload.count, allowed: payloadBytes(count))
        }
    }
}

/// A number that a codec cannot write.
public struct UnencodableUpdate: Error, Hashable, Sendable, CustomStringConvertible {
    /// By its place in the parameter layout.
    public var parameter: Int
    public var value: Float

    public init(parameter: Int, value: Float) {
        self.parameter = parameter
        self.value = value
    }

    /// - Throws: itself for the first value that is not finite or beyond `UpdateCodec.largestMagnitude`.
    static func check(_ values: [Float], first: Int) throws(UnencodableUpdate) {
        let limit = UpdateCodec.largestMagnitude.bitPattern
        guard values.largestMagnitudeBits > limit else { return }
        if let index = values.firstIndex(where: { $0.magnitude.bitPattern > limit }) {
            throw UnencodableUpdate(parameter: first + index, value: values[index])
        }
    }

    public var description: String {
        "the difference of parameter \(parameter) is \(value): this codec writes finite numbers up to 2^120; "
            + "the training diverged, or choose float32"
    }
}

/// A payload that its codec cannot have written. Thrown before any of its values is used.
public enum MalformedPayload: Error, Hashable, Sendable, CustomStringConvertible {
    case size(found: Int, allowed: ClosedRange<Int>)
    /// A scale or level that is negative, not finite, too large, or out of order; by the place in its plane.
    case scale(Int, Float)
    /// A code that no value has, by the place of its value in the chunk.
    case code(at: Int)
    case riceParameter(Int)
    /// An index beyond the last value of its block.
    case index(Int, end: Int)
    /// The indices end too early.
    case fewIndices(Int, expected: Int)
    /// Bits that are set after the last index, or a whole byte of them.
    case trailingBits

    public var description: String {
        switch self {
        case .size(let found, let allowed):
            allowed.count == 1
                ? "it has \(found) bytes instead of \(allowed.lowerBound)"
                : "it has \(found) bytes instead of \(allowed.lowerBound) to \(allowed.upperBound)"
        case .scale(let place, let scale): "scale \(place) is \(scale)"
        case .code(let place): "value \(place) has a code that no number has"
        case .riceParameter(let parameter): "\(parameter) is no Rice parameter"
        case .index(let index, let end): "index \(index) is beyond its block, which ends with \(end - 1)"
        case .fewIndices(let found, let expected): "it has \(found) indices instead of \(expected)"
        case .trailingBits: "there are bits after its last index"
        }
    }
}
