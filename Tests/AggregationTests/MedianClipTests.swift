import Aggregation
import LanguageModel
import TestSupport
import Testing
import WorkUnits

@Suite struct MedianClipTests {
    private static let strategy = Strategy(kind: .fedAvg, robustness: Robustness(clip: .medianNorm))

    let merging: Merging

    init() throws {
        merging = try Merging()
    }

    @Test func `six merges clip to the running median of each tensor`() throws {
        var random = SplitMix64(seed: 8)
        var version = merging.initial
        var medians: [[Double]] = []
        for step in 0..<6 {
            let scales = [1, 3, 0.5, 2, Float(step + 1)].map { $0 * 1e-2 }
            let differences = scales.map { random.floats(merging.parameters, scale: $0) }
            let weights = [1.0, 2, 3, 4, 5]
            let before = version
            let report: MergeReport
            (version, report) = try merging.merge(
                merging.updates(differences, weights: weights), into: before, by: Self.strategy)

            var clipped = differences.map { $0.map(Double.init) }
            var count = 0
            var present: [Double] = []
            for (tensor, place) in merging.layout.tensors.enumerated() {
                let norms = clipped.map { norm(Array($0[place.range])) }
                present.append(norms.sorted()[2])
                let pool = (norms + medians.suffix(4).map { $0[tensor] }).sorted()
                let bound = pool[(pool.count - 1) / 2]
                for update in clipped.indices where norms[update] > bound {
                    for parameter in place.range { clipped[update][parameter] *= bound / norms[update] }
                    count += 1
                }
            }
            medians.append(present)
            let step = mean(clipped, weights: weights)
            let furthest =
                zip(zip(before.weights, step), version.weights)
                .map { abs(Double($0.0) + $0.1 - Double($1)) }.max() ?? .nan
            #expect(furthest < 1e-7)
            #expect(report.clippedTensors == count && count > 0)
        }
        let kept = try #require(version.norms).medians
        #expect(kept.count == NormHistory.kept)
        for (found, plain) in zip(kept.joined(), medians.suffix(4).joined()) {
            #expect(abs(found - plain) <= 1e-9 * plain)
        }
    }

    @Test func `one merge of many hostile updates does not set its own bound`() throws {
        let honest = try merging.updates(Array(repeating: Array(repeating: 1e-2, count: merging.parameters), count: 3))
        var version = merging.initial
        for _ in 0..<4 { version = try merging.merge(honest, into: version, by: Self.strategy).version }
        let hostile = try merging.updates(
            [1e-2, 10, 10].map { Array(repeating: Float($0), count: merging.parameters) })
        let next = try merging.merge(hostile, into: version, by: Self.strategy).version
        let furthest = zip(version.weights, next.weights).map { abs($0 - $1) }.max() ?? .nan
        // Two of three are hostile, and count no more than the others.
        #expect(abs(furthest - 1e-2) < 1e-6)
    }

    @Test func `lengths are compared per root of tokens`() throws {
        var random = SplitMix64(seed: 13)
        let direction = random.floats(merging.parameters, scale: 1e-3)
        // Units of 1 to 64 steps, whose updates grow as a random walk does; the last one went three times as far.
        let lengths: [Float] = [1, 2, 4, 8, 3 * 8]
        var updates = try merging.updates(lengths.map { length in direction.map { $0 * length } })
        let unaware = try merging.merge(updates, by: Self.strategy)
        #expect(unaware.report.clippedTensors == 2 * merging.layout.tensors.count)
        for (index, tokens) in [1, 4, 16, 64, 64].enumerated() { updates[index].tokens = 96 * tokens }
        let (version, report) = try merging.merge(updates, by: Self.strategy)
        let step = zip(version.weights, merging.initial.weights).map { Double($0) - Double($1) }
        let expected = direction.map { Double($0) * (1 + 2 + 4 + 8 + 8) / 5 }
        #expect(norm(difference(step, expected)) < 1e-5 * norm(expected))
        // Rounding alone may have clipped others, by nothing.
        #expect(report.clippedTensors >= merging.layout.tensors.count)
    }

    @Test func `updates of one length are clipped as if each had one token`() throws {
        var random = SplitMix64(seed: 14)
        let updates = try merging.updates((0..<5).map { random.floats(merging.parameters, scale: Float($0 + 1)) })
        let long = updates.map { update in
            var update = update
            update.tokens = 32_768
            return update
        }
        let (one, other) = (
            try merging.merge(updates, by: Self.strategy), try merging.merge(long, by: Self.strategy)
        )
        #expect(zip(one.version.weights, other.version.weights).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(one.report.clippedTensors == other.report.clippedTensors)
    }

    @Test func `norms that somebody has found before give the same bits`() throws {
        var random = SplitMix64(seed: 9)
        let updates = try merging.updates((0..<5).map { random.floats(merging.parameters, scale: Float($0 + 1)) })
        let known = try updates.map { update in
            var update = update
            update.squaredNorms = try TensorNorms.squared(of: update.archive, in: merging.layout)
            return update
        }
        let expected = try merging.merge(updates, by: Self.strategy).version
        for some in [known, Array(known.prefix(2)) + updates.suffix(3)] {
            let found = try merging.merge(some, by: Self.strategy).version
            #expect(found.weights == expected.weights && found.norms == expected.norms)
        }
    }

    // MARK: What is refused

    @Test(arguments: [[], [1, 2, 3], Array(repeating: -1, count: 28), Array(repeating: Double.nan, count: 28)])
    func `norms that cannot be the update's are refused`(norms: [Double]) throws {
        var update = try merging.updates([Array(repeating: 0.1, count: merging.parameters)])[0]
        update.squaredNorms = norms
        #expect(throws: AggregationFailure.norms(index: 0)) { try merging.merge([update], by: Self.strategy) }
    }

    @Test(arguments: [Float.nan, .infinity])
    func `an update that is not finite is refused by name`(value: Float) throws {
        var differences = [[Float]](repeating: Array(repeating: 0.1, count: merging.parameters), count: 3)
        differences[2][5] = value
        let updates = try merging.updates(differences)
        #expect(throws: AggregationFailure.updateNotFinite(index: 2)) { try merging.merge(updates, by: Self.strategy) }
    }

    @Test func `a history is read as it was written, and no other`() throws {
        let updates = try merging.updates([Array(repeating: 0.1, count: merging.parameters)])
        let history = try #require(try merging.merge(updates, by: Self.strategy).version.norms)
        let document = try CanonicalJSON.encode(history)
        #expect(try NormHistory(document, layout: merging.layout) == history)

        func refused(_ change: (inout NormHistory) -> Void) throws {
            var other = history
            change(&other)
            let bytes = try CanonicalJSON.encode(other)
            #expect(throws: AggregationFailure.foreignState(.norms)) { try NormHistory(bytes, layout: merging.layout) }
        }
        try refused { $0.medians[0].removeLast() }
        try refused { $0.medians[0][3] = -1 }
        try refused { $0.medians = Array(repeating: $0.medians[0], count: 5) }
        try refused { $0.format = 1 }
        #expect(throws: (any Error).self) { try NormHistory(document.dropLast() + [], layout: merging.layout) }
        #expect(throws: AggregationFailure.foreignState(.norms)) {
            try NormHistory([UInt8](repeating: 0x20, count: 1 << 22 + 1), layout: merging.layout)
        }
    }
}
