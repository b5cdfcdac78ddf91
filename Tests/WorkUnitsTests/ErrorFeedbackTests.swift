import TestSupport
import Testing
import WorkUnits

@Suite struct ErrorFeedbackTests {
    private static let lossy = UpdateCodec.allCases.filter { $0 != .float32 }

    @Test(arguments: lossy)
    func `what was sent and what is held back add up to the differences`(codec: UpdateCodec) throws {
        let count = 3000
        var random = SplitMix64(seed: 1)
        var host = HostState(parameterCount: count)
        var (wanted, sent) = ([Double](repeating: 0, count: count), [Double](repeating: 0, count: count))
        for round in 0..<40 {
            let difference = random.floats(count, scale: 1e-3)
            // Near what is wanted, so that some is cut.
            let update = try host.send(difference, codec, unit: round, limit: round % 2 == 0 ? 1e-3 : 1)
            for index in 0..<count {
                wanted[index] += Double(difference[index])
                sent[index] += Double(update[index])
            }
        }
        let residual = try host.residual()
        for index in 0..<count {
            #expect(abs(wanted[index] - sent[index] - Double(residual[index])) < 1e-7)
        }
        #expect(residual.contains { $0 != 0 })
    }

    @Test func `nothing is sent beyond the limit, and what is cut off comes later`() throws {
        var host = HostState(parameterCount: 100)
        var difference = [Float](repeating: 0, count: 100)
        difference[7] = 5
        difference[8] = -5
        var sent: [[Float]] = []
        for round in 0..<4 {
            sent.append(try host.send(difference, .bfloat16, unit: round, limit: 2))
            difference = [Float](repeating: 0, count: 100)
        }
        #expect(sent.map { $0[7] } == [2, 2, 1, 0])
        #expect(sent.map { $0[8] } == [-2, -2, -1, 0])
    }

    @Test func `what is held back does not grow without end`() throws {
        var random = SplitMix64(seed: 2)
        let difference = random.floats(4800, scale: 1e-3)
        var host = HostState(parameterCount: 4800)
        var largest: [Float] = []
        for round in 0..<400 {
            _ = try host.send(difference, .topK, unit: round)
            largest.append(try host.residual().map(\.magnitude).max() ?? 0)
        }
        // One value in 57 is sent in a round: a parameter waits for about as many of them, not for ever.
        let late = try #require(largest[200...].max())
        let early = try #require(largest[100..<200].max())
        #expect(late < 0.1 && late < 1.5 * early)
    }

    @Test func `every parameter has its turn`() throws {
        var host = HostState(parameterCount: 960)
        var sent = Set<Int>()
        for round in 0..<120 {
            let update = try host.send((0..<960).map { 1 + Float($0) / 960 }, .topK, unit: round)
            sent.formUnion(update.indices.filter { update[$0] != 0 })
        }
        // Without what is held back, the same twenty would be sent again and again.
        #expect(sent.count == 960)
    }

    @Test func `a lossless codec holds nothing back`() throws {
        var random = SplitMix64(seed: 3)
        var host = HostState(parameterCount: 500)
        let difference = random.floats(500)
        #expect(try host.send(difference, .float32, unit: 0) == difference)
        #expect(try host.feedback().digest == ErrorFeedback(parameterCount: 500).digest)
    }

    @Test func `the manifest commits to the states before and after`() throws {
        var random = SplitMix64(seed: 4)
        var host = HostState(parameterCount: 300)
        var last = try host.feedback().digest
        #expect(last == Digest(of: [UInt8](repeating: 0, count: 1200)))
        for _ in 0..<3 {
            let difference = random.floats(300)
            let bytes = try host.encode(.example(parameterCount: 300, codec: .int4)) { Array(difference[$0]) }
            let digests = try #require(UpdateArchive(bytes, maximumParameters: 300).manifest.feedback)
            let now = try host.feedback().digest
            #expect(digests.before == last && digests.after == now && digests.after != last)
            last = now
        }
    }

    @Test func `the same difference and state give the same update, and the state is not changed`() throws {
        var random = SplitMix64(seed: 5)
        let count = UpdateArchive.chunkValues + 7
        let difference = random.floats(count)
        var host = HostState(parameterCount: count)
        _ = try host.encode(.example(parameterCount: count, codec: .topK)) { Array(difference[$0]) }
        var (one, other) = (host, host)
        let update = try one.encode(.example(parameterCount: count, codec: .topK)) { Array(difference[$0]) }
        #expect(try other.encode(.example(parameterCount: count, codec: .topK)) { Array(difference[$0]) } == update)
        #expect(one.bytes == other.bytes && one.bytes != host.bytes)
    }

    @Test func `an update that cannot be written is refused`() throws {
        let count = UpdateArchive.chunkValues + 2
        var host = HostState(parameterCount: count)
        #expect(throws: UnencodableUpdate(parameter: count - 1, value: .infinity)) {
            _ = try host.encode(.example(parameterCount: count, codec: .int4)) { range in
                range.map { $0 == count - 1 ? .infinity : 1 }
            }
        }
        #expect(throws: MalformedArchive.self) {
            _ = try host.encode(.example(parameterCount: 5)) { $0.map { _ in 1 } }
        }
    }

    @Test func `a damaged state is refused`() throws {
        var host = HostState(parameterCount: 60)
        var random = SplitMix64(seed: 6)
        let difference = random.floats(60)
        _ = try host.encode(.example(parameterCount: 60, codec: .topK)) { Array(difference[$0]) }
        let bytes = host.bytes
        #expect(try ErrorFeedback.digest(of: bytes) == ErrorFeedback(bytes, parameterCount: 60).digest)
        for count in [0, 59, 61] {
            #expect(throws: UnreadableFeedback.self) { try ErrorFeedback(bytes, parameterCount: count) }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 0x40
            #expect(throws: UnreadableFeedback.self) { try ErrorFeedback(damaged, parameterCount: 60) }
            #expect(throws: UnreadableFeedback.self) { try ErrorFeedback(Array(bytes[..<index]), parameterCount: 60) }
        }
        #expect(throws: UnreadableFeedback.self) { try ErrorFeedback.digest(of: Array(bytes[..<31])) }
        // The digest is right, the number is none.
        let infinite = [UInt8](repeating: 0, count: 236) + [0, 0, 0x80, 0x7F]
        #expect(throws: UnreadableFeedback.self) {
            try ErrorFeedback(infinite + Digest(of: infinite).bytes, parameterCount: 60)
        }
    }
}

/// A host whose updates are all accepted.
struct HostState {
    let parameterCount: Int
    /// Empty before the first update.
    private(set) var bytes: [UInt8] = []

    init(parameterCount: Int) {
        self.parameterCount = parameterCount
    }

    func feedback() throws -> ErrorFeedback {
        bytes.isEmpty
            ? ErrorFeedback(parameterCount: parameterCount) : try ErrorFeedback(bytes, parameterCount: parameterCount)
    }

    func residual() throws -> [Float] { try feedback().values(0..<parameterCount) }

    mutating func encode(
        _ manifest: UpdateManifest, limit: Float = .infinity, difference: (Range<Int>) throws -> [Float]
    ) throws -> [UInt8] {
        var next: [UInt8] = []
        let update = try feedback().encode(
            manifest, difference: difference, limits: { [Float](repeating: limit, count: $0.count) },
            keep: { next += $0 })
        bytes = next
        return update
    }

    /// - Returns: what a server reads of the update.
    mutating func send(
        _ difference: [Float], _ codec: UpdateCodec, unit: Int, limit: Float = .infinity
    ) throws -> [Float] {
        var manifest = UpdateManifest.example(parameterCount: difference.count, codec: codec)
        manifest.unit = Digest(of: "\(unit)".utf8)
        let bytes = try encode(manifest, limit: limit) { Array(difference[$0]) }
        return try UpdateArchive(bytes, maximumParameters: difference.count).values(ofChunk: 0)
    }
}
