import TestSupport
import Testing
import WorkUnits

/// `topK`, as FORMAT.md specifies it.
@Suite struct SparseCodecTests {
    private let codec = UpdateCodec.topK
    private let unit = Digest(of: "unit".utf8)

    @Test(arguments: [1, 56, 57, 1000, 1024, 1025, 4096, UpdateArchive.chunkValues])
    func `the largest magnitudes of every block are kept`(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let values = random.floats(count)
        let decoded = try roundTrip(values)
        for start in stride(from: 0, to: count, by: 1024) {
            let block = start..<min(start + 1024, count)
            let order = block.sorted { (values[$0].magnitude, -$0) > (values[$1].magnitude, -$1) }
            let kept = order[..<((18 * block.count + 1023) / 1024)]
            #expect(Set(block.filter { decoded[$0] != 0 }) == Set(kept))
            for index in kept { #expect(decoded[index].sign == values[index].sign) }
            #expect(Set(block.map { decoded[$0].magnitude }).count <= 3)
        }
    }

    @Test func `each block has magnitudes of its own`() throws {
        // 1026 values: 18 of the first block, and one of the two in the second.
        let values = [Float](repeating: 1, count: 1024) + [-1e-6, 0.5e-6]
        let decoded = try roundTrip(values)
        #expect(decoded[..<18].allSatisfy { $0 == 1 } && decoded[18..<1024].allSatisfy { $0 == 0 })
        #expect(abs(decoded[1024] / -1e-6 - 1) < 0.01 && decoded[1025] == 0)
    }

    @Test func `of equal magnitudes the first are kept`() throws {
        let values = (0..<480).map { $0 % 2 == 0 ? Float(1) : -1 }
        let decoded = try roundTrip(values)
        #expect(Array(decoded[..<9]) == Array(values[..<9]))
        #expect(decoded[9...].allSatisfy { $0 == 0 })
    }

    @Test func `a magnitude becomes the mean of those on its side of the mean`() throws {
        // 240 values: five are kept. Their mean is 4; 1 and 2 lie below it, 4, 5 and 8 do not. 17 / 3 is rounded to bfloat16.
        var values = [Float](repeating: 0, count: 240)
        for (index, value) in [(3, 1), (50, -2), (51, 4), (120, -5), (239, 8)] as [(Int, Float)] {
            values[index] = value
        }
        let decoded = try roundTrip(values)
        #expect(decoded[3] == 1.5 && decoded[50] == -1.5)
        #expect(decoded[51] == 5.65625 && decoded[120] == -5.65625 && decoded[239] == 5.65625)
    }

    @Test func `bytes are as specified`() throws {
        // 96 values: two are kept, at 1 and 4, so the gaps are 1 and 2; the shortest code has r = 0: 01 001.
        var values = [Float](repeating: 0, count: 96)
        (values[1], values[4]) = (-1, 3)
        let payload: [UInt8] = [0, 0x80, 0x3F, 0x40, 0x40, 0b1001, 0b10010]
        #expect(try codec.encode(values, first: 0, unit: unit) == payload)
        #expect(try codec.decode(payload, count: 96) == values)
    }

    @Test func `zeros come back as zeros`() throws {
        #expect(try roundTrip([Float](repeating: 0, count: 1000)).allSatisfy { $0 == 0 })
    }

    @Test(arguments: [0.0, 0.5, 1])
    func `the size is within its bounds wherever the largest are`(spread: Double) throws {
        let count = UpdateArchive.chunkValues
        var random = SplitMix64(seed: 3)
        let values = (0..<count).map { index in
            Float.random(in: 0..<1, using: &random) + (Double(index) >= spread * Double(count) ? 2 : 0)
        }
        let payload = try codec.encode(values, first: 0, unit: unit)
        #expect(codec.payloadBytes(count).contains(payload.count))
        #expect(payload.count * 150 <= count * 4)
        #expect(try codec.decode(payload, count: count).count == count)
    }

    @Test func `an index beyond its block is refused`() throws {
        let short: [UInt8] = [0, 0x80, 0x3F, 0x40, 0x40, 0b1001, 0b10010]
        var late = short
        (late[0], late[6]) = (7, 0b0000_0001)
        // r = 7: the first gap is 0, the second one's code would begin beyond the end.
        #expect(throws: MalformedPayload.fewIndices(1, expected: 2)) { try codec.decode(late, count: 96) }
        late = short
        (late[0], late[6]) = (7, 0b1111_1111)
        #expect(throws: MalformedPayload.index(127, end: 96)) { try codec.decode(late, count: 96) }
        // Two blocks, all but the last 18 of the first one zeros: its first gap is 1006, in byte 14 and on 31 zeros, a one and 14 in five bits.
        let values = [Float](repeating: 0, count: 1006) + [Float](repeating: 1, count: 19)
        var payload = try codec.encode(values, first: 0, unit: unit)
        #expect(try codec.decode(payload, count: 1025) == values)
        #expect(payload[0] == 5 && payload[14...17] == [0, 0, 0, 0x80] && payload[18] & 31 == 14)
        payload[18] += 1
        #expect(throws: MalformedPayload.index(1024, end: 1024)) { try codec.decode(payload, count: 1025) }
    }

    @Test func `a damaged header is refused`() throws {
        let payload: [UInt8] = [0, 0x80, 0x3F, 0x40, 0x40, 0b1001, 0b10010]
        func decoding(_ changes: [Int: UInt8]) -> MalformedPayload? {
            var damaged = payload
            for (index, byte) in changes { damaged[index] = byte }
            do throws(MalformedPayload) {
                _ = try codec.decode(damaged, count: 96)
                return nil
            } catch {
                return error
            }
        }
        #expect(decoding([:]) == nil)
        #expect(decoding([0: 16]) == .riceParameter(16))
        #expect(decoding([4: 0xC0]) == .scale(0, 1), "the upper magnitude is negative")
        #expect(decoding([4: 0x3F, 3: 0]) == .scale(0, 1), "the upper magnitude is the smaller one")
        #expect(decoding([2: 0xBF]) == .scale(0, -1))
        #expect(decoding([1: 0, 2: 0x80]) == .scale(0, -0.0))
        #expect(decoding([3: 0x80, 4: 0x7F]) == .scale(1, .infinity))
        #expect(decoding([3: 0x81, 4: 0x7B]) == .scale(1, Float(bitPattern: 0x7B81_0000)))
        #expect(decoding([3: 0xC0, 4: 0x7F]) != nil, "the upper magnitude is not a number")
        #expect(decoding([1: 0xC0, 2: 0x7F]) != nil, "the lower magnitude is not a number")
        #expect(decoding([5: 0b1_1001]) == .trailingBits)
        #expect(decoding([6: 0b110010]) == .trailingBits)
        #expect(decoding([6: 0]) == .fewIndices(0, expected: 2))
    }

    @Test func `a payload of another size is refused`() throws {
        let allowed = codec.payloadBytes(96)
        #expect(allowed == 7...8)
        for count in [0, 1, 5, 6, 9, 100] {
            #expect(throws: MalformedPayload.size(found: count, allowed: allowed)) {
                try codec.decode([UInt8](repeating: 0, count: count), count: 96)
            }
        }
        // A whole byte after the last index is within the bounds, and yet too much.
        #expect(throws: MalformedPayload.trailingBits) {
            try codec.decode([0, 0x80, 0x3F, 0x40, 0x40, 0b1001, 0b10010, 0], count: 96)
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func `damaged bytes are refused or finite`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let payload = try codec.encode(random.floats(2000), first: 0, unit: unit)
        var decodings = 0
        for _ in 0..<2000 {
            guard let values = try? codec.decode(payload.mutated(using: &random), count: 2000) else { continue }
            decodings += 1
            #expect(values.count == 2000 && values.allSatisfy(\.isFinite), "seed \(seed)")
        }
        #expect(decodings > 20)
    }

    private func roundTrip(_ values: [Float]) throws -> [Float] {
        try codec.decode(codec.encode(values, first: 0, unit: unit), count: values.count)
    }
}
