import CUpdates

/// The differences of some consecutive parameters as their codec wrote them, inflated and found sound: half a byte each for
/// `int4`. They are added to sums as they are, without becoming floats in memory first.
public struct UpdatePayload: Sendable {
    private enum Content {
        case bytes([UInt8])
        /// Of a codec whose bytes cannot be read from the middle.
        case values([Float])
    }

    public let codec: UpdateCodec
    public let count: Int
    private let content: Content

    /// What it takes of the memory.
    public var byteCount: Int {
        switch content {
        case .bytes(let bytes): bytes.count
        case .values(let values): MemoryLayout<Float>.stride * values.count
        }
    }

    /// - Parameters:
    ///   - bytes: however they were made.
    ///   - count: 1 ... `UpdateArchive.chunkValues`.
    public init(_ bytes: [UInt8], codec: UpdateCodec, count: Int) throws(MalformedPayload) {
        if codec == .topK {
            content = .values(try codec.decode(bytes, count: count))
        } else {
            try codec.check(bytes, count: count)
            content = .bytes(bytes)
        }
        self.codec = codec
        self.count = count
    }

    /// - Parameter bytes: known to be sound, and of the size that the codec asks for.
    init(sound bytes: [UInt8], codec: UpdateCodec, count: Int) {
        precondition(codec != .topK && codec.payloadBytes(count).contains(bytes.count), "a payload of \(count) values")
        self.init(.bytes(bytes), codec: codec, count: count)
    }

    private init(_ content: Content, codec: UpdateCodec, count: Int) {
        self.content = content
        self.codec = codec
        self.count = count
    }

    /// - Parameter range: of the values, begins at a multiple of 256, and ends at one or at the last value.
    public func part(_ range: Range<Int>) -> UpdatePayload {
        guard range != 0..<count else { return self }
        let part: Content =
            switch content {
            case .bytes(let bytes): .bytes(codec.part(range, ofPayload: bytes, count: count))
            case .values(let values): .values(Array(values[range]))
            }
        return UpdatePayload(part, codec: codec, count: range.count)
    }
}

extension UpdatePayload {
    /// The differences.
    public var values: [Float] {
        switch content {
        case .values(let values): return values
        case .bytes(let bytes):
            guard let values = try? codec.decode(bytes, count: count) else {
                preconditionFailure("the bytes are sound")
            }
            return values
        }
    }
}

// MARK: Sums

extension UpdatePayload {
    /// Payloads that go through the sums together.
    public static let atOnce = Int(CU_PAYLOADS)

    /// sums[i] += factors[p] · value i of payload p, for every p in order and i in `range`: each product rounded once, the
    /// same bits on every machine.
    ///
    /// - Parameters:
    ///   - payloads: at most `atOnce`, each of as many values as there are sums.
    ///   - factors: one for each payload.
    public static func add(
        _ payloads: [UpdatePayload], times factors: [Double], to sums: inout [Double], in range: Range<Int>
    ) {
        precondition(
            payloads.count == factors.count && payloads.count <= atOnce && range.lowerBound >= 0
                && range.upperBound <= sums.count && payloads.allSatisfy { $0.count == sums.count },
            "payloads as long as the sums, and a factor for each")
        sums.withUnsafeMutableBufferPointer { sums in
            guard let sums = sums.baseAddress else { return }
            var place = 0
            while place < payloads.count {
                let codec = payloads[place].codec
                let end = payloads[place...].firstIndex { $0.codec != codec } ?? payloads.count
                add(payloads[place..<end], codec, times: factors[place..<end], to: sums, in: range)
                place = end
            }
        }
    }

    /// Payloads of one codec.
    private static func add(
        _ payloads: ArraySlice<UpdatePayload>, _ codec: UpdateCodec, times factors: ArraySlice<Double>,
        to sums: UnsafeMutablePointer<Double>, in range: Range<Int>
    ) {
        guard let loop = loop(of: codec) else {
            for (payload, factor) in zip(payloads, factors) {
                guard case .values(let values) = payload.content else { continue }
                for index in range { sums[index] += factor * Double(values[index]) }
            }
            return
        }
        withBytes(of: payloads) { bytes in
            factors.withUnsafeBufferPointer { factors in
                guard let bytes = bytes.baseAddress, let factors = factors.baseAddress else { return }
                // SAFETY: every payload has the bytes of payloads[0].count values, as checked when it was made, and `range`
                // lies inside them and the sums.
                loop(
                    payloads[payloads.startIndex].count, range.lowerBound, range.upperBound, payloads.count, bytes,
                    factors,
                    sums)
            }
        }
    }

    /// Calls `body` with the addresses of the payloads' bytes.
    private static func withBytes(
        of payloads: ArraySlice<UpdatePayload>, after addresses: [UnsafePointer<UInt8>] = [],
        _ body: (UnsafeBufferPointer<UnsafePointer<UInt8>>) -> Void
    ) {
        guard let payload = payloads.first else { return addresses.withUnsafeBufferPointer(body) }
        guard case .bytes(let bytes) = payload.content else { return }
        bytes.withUnsafeBufferPointer { bytes in
            guard let address = bytes.baseAddress else { return }
            withBytes(of: payloads.dropFirst(), after: addresses + [address], body)
        }
    }

    /// Nil for a codec whose payloads are values here.
    private static func loop(of codec: UpdateCodec) -> Loop? {
        switch codec {
        case .float32: loops.float32
        case .bfloat16: loops.bfloat16
        case .int8: loops.int8
        case .int4: loops.int4
        case .topK: nil
        }
    }

    private typealias Loop =
        @convention(c) (
            Int, Int, Int, Int, UnsafePointer<UnsafePointer<UInt8>>, UnsafePointer<Double>, UnsafeMutablePointer<Double>
        ) -> Void

    /// For the best instruction set that this processor has: all give the same bits.
    private static let loops = (cu_sums_for(CU_AVX512) ?? cu_sums_for(CU_AVX2) ?? cu_sums_baseline()).pointee
}
