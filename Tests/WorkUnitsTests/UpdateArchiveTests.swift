import TestSupport
import Testing
import WorkUnits

@Suite struct UpdateArchiveTests {
    @Test(arguments: [1, UpdateArchive.chunkValues, UpdateArchive.chunkValues * 2 + 5])
    func `a float32 update gives back every bit`(count: Int) throws {
        var random = SplitMix64(seed: UInt64(count))
        let difference = random.floats(count, scale: 1e-3)
        let bytes = try UpdateArchive.encode(.example(parameterCount: count), difference: difference)
        let update = try UpdateArchive(bytes, maximumParameters: count)
        #expect(update.manifest == .example(parameterCount: count))
        #expect(try values(update).map(\.bitPattern) == difference.map(\.bitPattern))
        #expect((0..<update.chunkCount).flatMap(update.range(ofChunk:)) == Array(0..<count))
    }

    @Test func `a number that is not finite decodes as what it was`() throws {
        let difference: [Float] = [.infinity, -.infinity, .signalingNaN, .nan, -0.0, .leastNonzeroMagnitude]
        let exact = try decoded(difference, .float32)
        #expect(exact.map(\.bitPattern) == difference.map(\.bitPattern))
        let rounded = try decoded(difference, .bfloat16)
        #expect(rounded[0] == .infinity && rounded[1] == -.infinity && rounded[2].isNaN && rounded[3].isNaN)
    }

    @Test(
        arguments: [
            (0x3F80_0000, 0x3F80_0000), (0x3F80_7FFF, 0x3F80_0000), (0x3F80_8000, 0x3F80_0000),
            (0x3F80_8001, 0x3F81_0000),
            (0x3F81_7FFF, 0x3F81_0000), (0x3F81_8000, 0x3F82_0000), (0xBF81_8000, 0xBF82_0000),
            (0x7F7F_FFFF, 0x7F80_0000),
            (0x7F80_0001, 0x7FC0_0000), (0x0000_0001, 0x0000_0000), (0x8000_0000, 0x8000_0000),
        ] as [(UInt32, UInt32)])
    func `bfloat16 rounds to nearest, ties to even`(bits: UInt32, expected: UInt32) throws {
        #expect(try decoded([Float(bitPattern: bits)], .bfloat16).map(\.bitPattern) == [expected])
    }

    @Test func `bfloat16 is never further away than half of its precision`() throws {
        var random = SplitMix64(seed: 3)
        let difference = random.floats(1000)
        for (value, rounded) in zip(difference, try decoded(difference, .bfloat16)) {
            #expect(abs(value - rounded) <= abs(value) / 256)
        }
    }

    @Test func `an update is smaller than its numbers`() throws {
        var random = SplitMix64(seed: 4)
        let bytes = try UpdateArchive.encode(
            .example(parameterCount: 100_000), difference: random.floats(100_000, scale: 1e-4))
        #expect(bytes.count < 370_000)
    }

    @Test func `more parameters than the reader is prepared for are refused`() throws {
        let bytes = try UpdateArchive.encode(.example(parameterCount: 3), difference: [1, 2, 3])
        #expect(throws: MalformedArchive("3 parameters are more than 2")) {
            try UpdateArchive(bytes, maximumParameters: 2)
        }
    }

    @Test func `a manifest that contradicts its numbers is refused`() {
        #expect(throws: MalformedArchive.self) {
            try UpdateArchive.encode(.example(parameterCount: 4), difference: [1, 2, 3])
        }
        #expect(throws: MalformedArchive.self) { try UpdateArchive.encode(.example(parameterCount: 0), difference: []) }
    }

    @Test func `a loss that is not a number has no manifest`() {
        var manifest = UpdateManifest.example(parameterCount: 1)
        manifest.losses = [.nan]
        #expect(throws: EncodingError.self) { try UpdateArchive.encode(manifest, difference: [1]) }
    }

    private func decoded(_ values: [Float], _ codec: UpdateCodec) throws -> [Float] {
        let bytes = try UpdateArchive.encode(.example(parameterCount: values.count, codec: codec), difference: values)
        return try self.values(UpdateArchive(bytes, maximumParameters: values.count))
    }

    private func values(_ update: UpdateArchive) throws -> [Float] {
        try (0..<update.chunkCount).flatMap { try update.values(ofChunk: $0) }
    }
}
