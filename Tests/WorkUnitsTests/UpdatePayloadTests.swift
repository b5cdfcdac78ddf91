import CUpdates
import TestSupport
import Testing
import WorkUnits

/// Sums straight from payloads: the bits of the plain loop over decoded values.
@Suite struct UpdatePayloadTests {
    private static let unit = Digest(of: "unit".utf8)

    private static func payload(_ codec: UpdateCodec, _ count: Int, seed: UInt64) throws -> [UInt8] {
        var random = SplitMix64(seed: seed)
        let values = random.floats(count, scale: 1e-3)
        return try codec.encode(values, first: 0, unit: unit)
    }

    /// What a merge of decoded values would add.
    private static func plain(
        _ payloads: [(codec: UpdateCodec, bytes: [UInt8])], _ factors: [Double], _ count: Int, _ range: Range<Int>
    ) throws -> [Double] {
        var sums = [Double](repeating: 0, count: count)
        for (payload, factor) in zip(payloads, factors) {
            let values = try payload.codec.decode(payload.bytes, count: count)
            for index in range { sums[index] += factor * Double(values[index]) }
        }
        return sums
    }

    private static let factors = [1, 0.3, 1e-9, 7.1, 96, 67.882_250_993_908_56, 2.0 / 3, 1e5]

    @Test(arguments: UpdateCodec.allCases, [1, 7, 255, 256, 257, 1000, 4097])
    func `sums are those of the plain loop`(codec: UpdateCodec, count: Int) throws {
        let payloads = try (1...8).map { (codec, try Self.payload(codec, count, seed: $0)) }
        for range in [0..<count, count / 3..<count - count / 5, count / 2..<count / 2] {
            for some in [1, 3, 8] {
                var sums = [Double](repeating: 0, count: count)
                UpdatePayload.add(
                    try payloads.prefix(some).map { try UpdatePayload($0.1, codec: codec, count: count) },
                    times: Array(Self.factors.prefix(some)), to: &sums, in: range)
                #expect(try sums == Self.plain(Array(payloads.prefix(some)), Self.factors, count, range))
            }
        }
    }

    @Test func `payloads of different codecs are added in their order`() throws {
        let codecs: [UpdateCodec] = [.int4, .int4, .topK, .bfloat16, .int8, .float32, .float32, .int4]
        let payloads = try codecs.enumerated().map { ($1, try Self.payload($1, 600, seed: UInt64($0))) }
        var sums = [Double](repeating: 0, count: 600)
        UpdatePayload.add(
            try payloads.map { try UpdatePayload($0.1, codec: $0.0, count: 600) }, times: Self.factors, to: &sums,
            in: 0..<600)
        #expect(try sums == Self.plain(payloads, Self.factors, 600, 0..<600))
    }

    /// Also such bytes as no encoder writes: NaN, infinity, any scale and code.
    @Test(arguments: [1, 9, 256, 300, 1000])
    func `all instruction sets give the same bits`(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let sets = [CU_BASELINE, CU_AVX2, CU_AVX512].compactMap { cu_sums_for($0)?.pointee }
        #expect(!sets.isEmpty)
        let codecs: [(UpdateCodec, KeyPath<cu_sums, Loop>)] = [
            (.float32, \.float32), (.bfloat16, \.bfloat16), (.int8, \.int8), (.int4, \.int4),
        ]
        for (codec, loop) in codecs {
            let bytes = (0..<3).map { _ in
                (0..<codec.payloadBytes(count).lowerBound).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
            let found = sets.map { set in
                var sums = (0..<count).map { Double($0) }
                bytes[0].withUnsafeBufferPointer { a in
                    bytes[1].withUnsafeBufferPointer { b in
                        bytes[2].withUnsafeBufferPointer { c in
                            let all = [a, b, c].compactMap(\.baseAddress)
                            set[keyPath: loop](count, 0, count, 3, all, Self.factors, &sums)
                        }
                    }
                }
                return sums.map { $0.isNaN ? 0x7FF8_0000_0000_0000 : $0.bitPattern }
            }
            for other in found.dropFirst() { #expect(other == found[0], "\(codec)") }
        }
    }

    private typealias Loop =
        @convention(c) (
            Int, Int, Int, Int, UnsafePointer<UnsafePointer<UInt8>>, UnsafePointer<Double>, UnsafeMutablePointer<Double>
        ) -> Void

    @Test(arguments: [UpdateCodec.int8, .int4])
    func `what does not decode is refused`(codec: UpdateCodec) throws {
        var payload = try Self.payload(codec, 300, seed: 1)
        #expect(throws: MalformedPayload.self) { try UpdatePayload(payload + [0], codec: codec, count: 300) }
        payload[payload.count - 2] = codec == .int4 ? 0x08 : 0x80
        #expect(throws: MalformedPayload.self) { try UpdatePayload(payload, codec: codec, count: 300) }
    }
}
