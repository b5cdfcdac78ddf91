import TestSupport
import Testing
import WorkUnits

@Suite struct ErrorFeedbackTests {
    private static let lossy = UpdateCodec.allCases.filter { $0 != .float32 }

    @Test(arguments: lossy)
    func `what was sent and what is held back add up to the differences`(codec: UpdateCodec) throws {
        let count = 3000
        var random = SplitMix64(seed: 1)
        var feedback = ErrorFeedback(parameterCount: count)
        var (wanted, sent) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        for round in 0..<40 {
            let difference = random.floats(count, scale: 1e-3)
            let update = try sending(difference, codec, unit: round, with: &feedback)
            for index in 0..<count {
                wanted[index] += Double(difference[index])
                sent[index] += Double(update[index])
            }
        }
        for index in 0..<count {
            #expect(abs(wanted[index] - sent[index] - Double(feedback.residual[index])) < 1e-7)
        }
        #expect(feedback.residual.contains { $0 != 0 })
    }

    @Test func `what is held back does not grow without end`() throws {
        var random = SplitMix64(seed: 2)
        let difference = random.floats(4800, scale: 1e-3)
        var feedback = ErrorFeedback(parameterCount: 4800)
        var largest: [Float] = []
        for round in 0..<400 {
            _ = try sending(difference, .topK, unit: round, with: &feedback)
            largest.append(feedback.residual.map(\.magnitude).max() ?? 0)
        }
        // A 48th is sent in a round: a parameter waits for about 48 of them, not for ever.
        let late = try #require(largest[200...].max())
        let early = try #require(largest[100..<200].max())
        #expect(late < 0.1 && late < 1.5 * early)
    }

    @Test func `every parameter has its turn`() throws {
        var feedback = ErrorFeedback(parameterCount: 960)
        var sent = Set<Int>()
        for round in 0..<120 {
            let update = try sending((0..<960).map { 1 + Float($0) / 960 }, .topK, unit: round, with: &feedback)
            sent.formUnion(update.indices.filter { update[$0] != 0 })
        }
        // Without what is held back, the same twenty would be sent again and again.
        #expect(sent.count == 960)
    }

    @Test func `a lossless codec holds nothing back`() throws {
        var random = SplitMix64(seed: 3)
        var feedback = ErrorFeedback(parameterCount: 500)
        let difference = random.floats(500)
        #expect(try sending(difference, .float32, unit: 0, with: &feedback) == difference)
        #expect(feedback == ErrorFeedback(parameterCount: 500))
    }

    @Test func `the manifest commits to the states before and after`() throws {
        var random = SplitMix64(seed: 4)
        var feedback = ErrorFeedback(parameterCount: 300)
        var last = feedback.digest
        #expect(last == Digest(of: [UInt8](repeating: 0, count: 1200)))
        for _ in 0..<3 {
            let difference = random.floats(300)
            let bytes = try feedback.encode(.example(parameterCount: 300, codec: .int4)) { Array(difference[$0]) }
            let digests = try #require(UpdateArchive(bytes, maximumParameters: 300).manifest.feedback)
            #expect(digests.before == last && digests.after == feedback.digest && digests.after != last)
            last = digests.after
        }
    }

    @Test func `an update that cannot be written leaves the state as it was`() throws {
        var feedback = ErrorFeedback(parameterCount: UpdateArchive.chunkValues + 2)
        let count = feedback.residual.count
        _ = try feedback.encode(.example(parameterCount: count, codec: .int4)) { $0.map { Float($0 % 10) } }
        let before = feedback
        #expect(throws: UnencodableUpdate(parameter: count - 1, value: .infinity)) {
            _ = try feedback.encode(.example(parameterCount: count, codec: .float32)) { range in
                range.map { $0 == count - 1 ? .infinity : 1 }
            }
        }
        #expect(throws: MalformedArchive.self) {
            _ = try feedback.encode(.example(parameterCount: 5)) { $0.map { _ in 1 } }
        }
        #expect(feedback == before)
    }

    @Test func `a state is read back as it was written`() throws {
        let folder = try TemporaryFolder()
        var random = SplitMix64(seed: 5)
        let count = UpdateArchive.chunkValues + 7
        var feedback = ErrorFeedback(parameterCount: count)
        let difference = random.floats(count)
        _ = try feedback.encode(.example(parameterCount: count, codec: .int8)) { Array(difference[$0]) }
        let path = folder.path + "/feedback"
        try feedback.write(to: path)
        #expect(try ErrorFeedback(FileBytes(path: path), parameterCount: count) == feedback)
    }

    @Test func `a damaged state is refused`() throws {
        let folder = try TemporaryFolder()
        var feedback = ErrorFeedback(parameterCount: 60)
        var random = SplitMix64(seed: 6)
        let difference = random.floats(60)
        _ = try feedback.encode(.example(parameterCount: 60, codec: .topK)) { Array(difference[$0]) }
        try feedback.write(to: folder.path + "/feedback")
        let bytes = try FileBytes(path: folder.path + "/feedback").read(32 + 240, at: 0)
        #expect(try ErrorFeedback(bytes, parameterCount: 60) == feedback)
        for count in [0, 59, 61] {
            #expect(throws: UnreadableFeedback.self) { try ErrorFeedback(bytes, parameterCount: count) }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x40
            #expect(throws: UnreadableFeedback.self) { try ErrorFeedback(damaged, parameterCount: 60) }
            #expect(throws: UnreadableFeedback.self) { try ErrorFeedback(Array(bytes[..<index]), parameterCount: 60) }
        }
        // The digest is right, the number is none.
        let infinite = [UInt8](repeating: 0, count: 236) + [0, 0, 0x80, 0x7F]
        #expect(throws: UnreadableFeedback.self) {
            try ErrorFeedback(Digest(of: infinite).bytes + infinite, parameterCount: 60)
        }
    }

    /// What a server reads of the update.
    private func sending(
        _ difference: [Float], _ codec: UpdateCodec, unit: Int, with feedback: inout ErrorFeedback
    ) throws -> [Float] {
        var manifest = UpdateManifest.example(parameterCount: difference.count, codec: codec)
        manifest.unit = Digest(of: "\(unit)".utf8)
        let bytes = try feedback.encode(manifest) { Array(difference[$0]) }
        return try UpdateArchive(bytes, maximumParameters: difference.count).values(ofChunk: 0)
    }
}
