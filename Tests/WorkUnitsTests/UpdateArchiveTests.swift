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

    @Test(arguments: [UpdateCodec.int8, .int4, .topK])
    func `what is read is what the codec gives for every chunk`(codec: UpdateCodec) throws {
        let count = UpdateArchive.chunkValues + 1000
        var random = SplitMix64(seed: 5)
        let difference = random.floats(count, scale: 1e-3)
        let manifest = UpdateManifest.example(parameterCount: count, codec: codec)
        let update = try UpdateArchive(
            UpdateArchive.encode(manifest, difference: difference), maximumParameters: count)
        for chunk in 0..<update.chunkCount {
            let range = update.range(ofChunk: chunk)
            let payload = try codec.encode(
                Array(difference[range]), first: range.lowerBound, unit: manifest.unit)
            #expect(try update.payload(ofChunk: chunk) == payload)
            #expect(try update.values(ofChunk: chunk) == codec.decode(payload, count: range.count))
        }
    }

    @Test(arguments: [(UpdateCodec.int8, 4.0), (.int4, 9), (.topK, 150)])
    func `an update of normal differences is so many times smaller than float32`(
        codec: UpdateCodec, ratio: Double
    ) throws {
        let count = UpdateArchive.chunkValues
        var random = SplitMix64(seed: 6)
        // Twelve uniform numbers add up to nearly a normal one, of deviation 2.
        let difference = (0..<count).map { _ in random.floats(12).reduce(0, +) * 1e-3 }
        let bytes = try UpdateArchive.encode(
            .example(parameterCount: count, codec: codec), difference: difference)
        #expect(Double(4 * count) / Double(bytes.count) >= ratio)
    }

    @Test func `a chunk that its codec cannot have written is refused by name`() throws {
        let manifest = try CanonicalJSON.encode(UpdateManifest.example(parameterCount: 3, codec: .int4))
        func archive(_ chunks: [[UInt8]]) -> [UInt8] {
            ForeignArchive(
                kind: 3, manifest: String(decoding: manifest, as: UTF8.self), chunks: chunks.map { .init($0) }
            ).bytes
        }
        let update = try UpdateArchive(archive([[0x80, 0x3F, 0xA9, 0x8B]]), maximumParameters: 3)
        #expect(try update.values(ofChunk: 0) == [1, 3, 2])
        let infinite = try UpdateArchive(archive([[0x80, 0x7F, 0xA9, 0x8B]]), maximumParameters: 3)
        #expect(throws: MalformedArchive("chunk 0: scale 0 is inf")) { try infinite.values(ofChunk: 0) }
        #expect(throws: MalformedArchive("chunk 0: it has 5 bytes instead of 4")) {
            try UpdateArchive(archive([[0x80, 0x3F, 0xA9, 0x8B, 0]]), maximumParameters: 3)
        }
        #expect(throws: MalformedArchive("3 values need 1 chunks, not 2")) {
            try UpdateArchive(archive([[0x80, 0x3F, 0xA9, 0x8B], [0]]), maximumParameters: 3)
        }
    }

    @Test(arguments: UpdateCodec.allCases, [1, 500, UpdateArchive.chunkValues + 100])
    func `an update of chance is no larger than the largest, and that is little more`(
        codec: UpdateCodec, count: Int
    ) throws {
        var random = SplitMix64(seed: 7)
        // Random bits, as far as the codec can write them.
        let bits = random.floats(count, scale: 0x1p100)
        var manifest = UpdateManifest.example(parameterCount: count, codec: codec)
        manifest.tokens = .max
        manifest.losses = Array(repeating: -Float.leastNormalMagnitude, count: 300)
        manifest.feedback = FeedbackDigests(before: .zero, after: .zero)
        let update = try UpdateArchive.encode(manifest, difference: bits)
        let largest = UpdateArchive.largestBytes(parameterCount: count, codec: codec, steps: 300)
        #expect(update.count <= largest)
        let payload = codec.payloadBytes(min(count, UpdateArchive.chunkValues)).upperBound
        #expect(largest < (payload + codec.payloadBytes(100).upperBound) * 101 / 100 + 8000)
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
