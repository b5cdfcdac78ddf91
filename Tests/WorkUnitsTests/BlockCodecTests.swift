import CUpdates
import TestSupport
import Testing
import WorkUnits

/// `int8` and `int4`, as FORMAT.md specifies them.
@Suite struct BlockCodecTests {
    private static let codecs: [(UpdateCodec, levels: Float)] = [(.int8, 127), (.int4, 7)]
    private static let unit = Digest(of: "unit".utf8)

    @Test(arguments: codecs, [1, 2, 255, 256, 257, 511, 1000, 4097])
    func `a value is less than one level away`(codec: (UpdateCodec, levels: Float), count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let values = random.floats(count, scale: 1e-3)
        let payload = try codec.0.encode(values, first: 0, unit: Self.unit)
        let decoded = try codec.0.decode(payload, count: count)
        #expect(decoded.count == count)
        for start in stride(from: 0, to: count, by: 256) {
            let block = start..<min(start + 256, count)
            let largest = try #require(values[block].map(\.magnitude).max())
            // A bfloat16 rounded up is at most a 128th too large.
            let level = largest / codec.levels * (1 + 1 / 128)
            for index in block { #expect(abs(values[index] - decoded[index]) < level) }
        }
    }

    @Test(arguments: [(1, 3, 3), (2, 4, 3), (255, 257, 130), (256, 258, 130), (257, 261, 133), (1000, 1008, 508)])
    func `the size is known before`(count: Int, int8: Int, int4: Int) throws {
        var random = SplitMix64(seed: 1)
        let values = random.floats(count)
        for (codec, size) in [(UpdateCodec.int8, int8), (.int4, int4)] {
            #expect(try codec.encode(values, first: 0, unit: Self.unit).count == size)
            #expect(codec.payloadBytes(count) == size...size)
        }
    }

    @Test func `bytes are as specified`() throws {
        // The scale is 7 / 7 = 1, the bfloat16 3F80, and whole multiples of it are not rounded.
        let values: [Float] = [7, -7, 0, 1, -3]
        #expect(
            try UpdateCodec.int4.encode(values, first: 0, unit: Self.unit) == [0x80, 0x3F, 0x9F, 0x51, 0x88])
        #expect(try UpdateCodec.int4.decode([0x80, 0x3F, 0x9F, 0x51, 0x88], count: 5) == values)
        // Two blocks: the second one is small. Scales are planes: low bytes, then high bytes.
        let long = [127] + [Float](repeating: 0, count: 255) + [-63.5, 0.5]
        let payload = try UpdateCodec.int8.encode(long, first: 0, unit: Self.unit)
        #expect(payload[..<4] == [0x80, 0x00, 0x3F, 0x3F])
        #expect(payload[4] == 127 && payload[5..<260].allSatisfy { $0 == 0 } && payload[260...] == [0x81, 1])
        #expect(try UpdateCodec.int8.decode(payload, count: 258) == long)
    }

    @Test(arguments: codecs)
    func `rounding does not favour a side`(codec: (UpdateCodec, levels: Float)) throws {
        let values: [Float] = [codec.levels, 0.25, -0.25, 0.9, -2.5, 1e-3]
        let draws = 4000
        var sums = [Double](repeating: 0, count: values.count)
        for draw in 0..<draws {
            let payload = try codec.0.encode(values, first: 0, unit: Digest(of: "\(draw)".utf8))
            for (index, value) in try codec.0.decode(payload, count: values.count).enumerated() {
                sums[index] += Double(value)
            }
        }
        for (sum, value) in zip(sums, values) {
            let fraction = Double(value) - Double(value).rounded(.down)
            let deviation = (fraction * (1 - fraction) / Double(draws)).squareRoot()
            #expect(abs(sum / Double(draws) - Double(value)) <= 5 * deviation, "\(value)")
        }
    }

    @Test(arguments: codecs)
    func `the unit and the place of a parameter decide how it is rounded`(
        codec: (UpdateCodec, levels: Float)
    ) throws {
        var random = SplitMix64(seed: 2)
        let values = random.floats(1024)
        let payload = try codec.0.encode(values, first: 0, unit: Self.unit)
        #expect(try codec.0.encode(values, first: 0, unit: Self.unit) == payload)
        #expect(try codec.0.encode(values, first: 0, unit: Digest(of: "other".utf8)) != payload)
        #expect(try codec.0.encode(values, first: 1024, unit: Self.unit) != payload)
        // The first half alone has the same codes as the first half of the whole.
        let half = try codec.0.encode(Array(values[..<512]), first: 0, unit: Self.unit)
        #expect(try codec.0.decode(half, count: 512) == Array(codec.0.decode(payload, count: 1024)[..<512]))
    }

    @Test(arguments: [1, 7, 8, 15, 256, 300])
    func `all instruction sets round as FORMAT says`(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let draws = CounterRandom(seed: 3, stream: 4)
        for (levels, first) in [(127, 0), (7, 1 << 40)] {
            let scale = Float.random(in: 1e-6...1e3, using: &random)
            let edges: [Float] = [
                0, -0.0, 1, -1, Float(levels), -Float(levels), Float(levels).nextUp, -Float(levels).nextUp,
            ]
            let values = (0..<count).map { index in
                scale
                    * (edges.indices.contains(index)
                        ? edges[index] : .random(in: -Float(levels)...Float(levels), using: &random))
            }
            let expected = values.enumerated().map { index, value in
                let quotient = value / scale
                let draw = Float(draws[UInt64(first + index)] >> 40) * 0x1p-24
                let code = quotient.rounded(.down) + (draw < quotient - quotient.rounded(.down) ? 1 : 0)
                return Int8(max(-Float(levels), min(Float(levels), code)))
            }
            for set in [CU_BASELINE, CU_AVX2, CU_AVX512] {
                guard let round = cu_round_for(set) else { continue }
                var codes = [Int8](repeating: 99, count: count + 1)
                round(count, values, scale, Int32(levels), draws.key, UInt64(first), &codes)
                #expect(codes == expected + [99], "\(set)")
            }
            #expect(cu_round_for(CU_BASELINE) != nil)
        }
    }

    @Test(arguments: codecs)
    func `zeros, subnormal numbers and large ones come back`(codec: (UpdateCodec, levels: Float)) throws {
        func roundTrip(_ values: [Float]) throws -> [Float] {
            try codec.0.decode(codec.0.encode(values, first: 0, unit: Self.unit), count: values.count)
        }
        #expect(try roundTrip([0, -0.0, 0]).map(\.bitPattern) == [0, 0, 0])
        for value in try roundTrip([.leastNonzeroMagnitude, -.leastNormalMagnitude / 8, 0]) {
            #expect(value.magnitude <= .leastNormalMagnitude)
        }
        let largest = UpdateCodec.largestMagnitude
        for value in try roundTrip([largest, -largest]) {
            #expect(value.magnitude <= largest * (1 + 1 / 128) && value.magnitude >= largest * (1 - 1 / codec.levels))
        }
    }

    @Test(
        arguments: [UpdateCodec.int8, .int4, .topK],
        [Float.nan, .infinity, -.infinity, .greatestFiniteMagnitude, UpdateCodec.largestMagnitude.nextUp])
    func `a number that has no code is named`(codec: UpdateCodec, value: Float) {
        #expect {
            _ = try codec.encode([0, 1, value, .nan], first: 100, unit: Self.unit)
        } throws: { error in
            let error = error as? UnencodableUpdate
            return error?.parameter == 102 && error?.value.bitPattern == value.bitPattern
        }
    }

    @Test(arguments: codecs, [0x7F80, 0x7FC0, 0xFF80, 0x8000, 0xBF80, 0x0001, 0x007F, 0x7B81] as [UInt16])
    func `a scale that is not finite, negative, subnormal or too large is refused`(
        codec: (UpdateCodec, levels: Float), scale: UInt16
    ) throws {
        var payload = try codec.0.encode([Float](repeating: 1, count: 300), first: 0, unit: Self.unit)
        (payload[1], payload[3]) = (UInt8(scale & 255), UInt8(scale >> 8))
        #expect {
            try codec.0.decode(payload, count: 300)
        } throws: { error in
            guard case .scale(1, let found) = error as? MalformedPayload else { return false }
            return found.bitPattern == UInt32(scale) << 16
        }
    }

    @Test func `a code that no number has is refused by its place`() throws {
        var wide = try UpdateCodec.int8.encode([1, 2, 3], first: 0, unit: Self.unit)
        wide[4] = 0x80
        #expect(throws: MalformedPayload.code(at: 2)) { try UpdateCodec.int8.decode(wide, count: 3) }
        // 300 values: a block of 256 with halves of 128 bytes, and one of 44 with halves of 22.
        let payload = try UpdateCodec.int4.encode([Float](repeating: 1, count: 300), first: 0, unit: Self.unit)
        for (byte, mask, place) in [(0, 0xF0, 0), (5, 0x0F, 133), (128, 0xF0, 256), (149, 0x0F, 299)]
            as [(Int, UInt8, Int)]
        {
            var damaged = payload
            damaged[4 + byte] &= mask
            #expect(throws: MalformedPayload.code(at: place)) { try UpdateCodec.int4.decode(damaged, count: 300) }
        }
        var odd = try UpdateCodec.int4.encode([1, 2, 3], first: 0, unit: Self.unit)
        odd[3] = odd[3] & 0x0F | 0x90
        #expect(throws: MalformedPayload.code(at: 3)) { try UpdateCodec.int4.decode(odd, count: 3) }
    }

    @Test(arguments: codecs)
    func `a payload of another size is refused`(codec: (UpdateCodec, levels: Float)) throws {
        let payload = try codec.0.encode([Float](repeating: 1, count: 300), first: 0, unit: Self.unit)
        for wrong in [payload + [0], Array(payload.dropLast()), []] {
            #expect(throws: MalformedPayload.size(found: wrong.count, allowed: payload.count...payload.count)) {
                try codec.0.decode(wrong, count: 300)
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `random bytes are refused or finite`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var decodings = 0
        for _ in 0..<2000 {
            let count = Int.random(in: 1...20, using: &random)
            for codec in [UpdateCodec.int8, .int4] {
                let payload = random.bytes(codec.payloadBytes(count).lowerBound)
                guard let values = try? codec.decode(payload, count: count) else { continue }
                decodings += 1
                #expect(values.count == count && values.allSatisfy(\.isFinite), "seed \(seed)")
            }
        }
        #expect(decodings > 500)
    }
}
