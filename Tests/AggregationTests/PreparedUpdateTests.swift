import Aggregation
import Foundation
import LanguageModel
import TestSupport
import Testing
import WorkUnits

/// What judging kept makes a merge faster and changes no bit of it.
@Suite struct PreparedUpdateTests {
    /// 2 chunks of parameters, the second one not full; tensors end inside blocks of 256.
    private static let model = ModelConfiguration(layers: 1, width: 8, heads: 2, vocabulary: 33_000, context: 16)
    private static let codecs = UpdateCodec.allCases.filter(InflatedUpdate.exists)

    let merging: Merging

    init() throws {
        merging = try Merging(Self.model)
    }

    private func updates(_ codec: UpdateCodec) throws -> [WeightedUpdate] {
        var random = SplitMix64(seed: 12)
        let values = random.floats(1000, scale: 1e-2)
        return try (0..<9).map { index in
            let manifest = UpdateManifest(
                unit: .zero, base: .zero, parameterCount: merging.parameters, codec: codec, tokens: 1, losses: [1])
            let archive = try UpdateArchive.encode(manifest) { range in
                range.map { values[($0 &* (index + 3)) % 1000] * Float(index + 1) }
            }
            return try WeightedUpdate(
                index: index, update: UpdateArchive(archive, maximumParameters: merging.parameters),
                weight: Double(96 - index), tokens: 16 << (index % 3))
        }
    }

    private func prepare(_ update: WeightedUpdate) throws -> WeightedUpdate {
        let archive = try update.archive
        let prepared = WeightedUpdate(
            index: update.index, update: archive, weight: update.weight, tokens: update.tokens,
            prepared: try PreparedUpdate(
                archive, in: merging.layout, path: merging.folder.file("inflated-\(update.index)")))
        #expect(prepared.inflated != nil && prepared.squaredNorms != nil)
        return prepared
    }

    @Test(
        arguments: zip(
            codecs + [.int4, .int8], [.mean, .mean, .mean, .mean, .geometricMedian, .median] as [Robustness.Rule]))
    func `a version has the same bits with it, without it, and with a part of it`(
        codec: UpdateCodec, rule: Robustness.Rule
    ) throws {
        let strategy = Strategy(
            kind: .nesterov, robustness: Robustness(rule: rule, hostile: rule == .mean ? 0 : 1, clip: .medianNorm))
        let plain = try updates(codec)
        let prepared = try plain.map(prepare)
        let expected = try merging.merge(plain, by: strategy)
        #expect(expected.report.clippedTensors > 0)
        func expectSame(_ updates: [WeightedUpdate], threads: Int) throws {
            let found = try merging.merge(updates, by: strategy, threads: threads)
            #expect(found.version.weights == expected.version.weights)
            #expect(found.version.state == expected.version.state)
            #expect(found.version.norms == expected.version.norms)
        }
        try expectSame(prepared, threads: 1)
        try expectSame(prepared, threads: 3)
        // Few are left, then most.
        try expectSame(Array(prepared[..<2] + plain[2...]), threads: 2)
        try expectSame(Array(plain[..<2] + prepared[2...]), threads: 2)
        // Gone, and damaged.
        try FileManager.default.removeItem(atPath: merging.folder.file("inflated-3"))
        var bytes = try merging.folder.read("inflated-5")
        bytes[bytes.count / 2] ^= 1
        try merging.folder.write(bytes, to: "inflated-5")
        try expectSame(prepared, threads: 2)
    }

    @Test(arguments: UpdateCodec.allCases, [.mean, .geometricMedian, .median] as [Robustness.Rule])
    func `small updates that stay in memory give the same bits`(codec: UpdateCodec, rule: Robustness.Rule) throws {
        let merging = try Merging()
        let strategy = Strategy(
            kind: .diLoCo, robustness: Robustness(rule: rule, hostile: rule == .mean ? 0 : 1, clip: .medianNorm))
        var random = SplitMix64(seed: 3)
        let plain = try (0..<9).map { index in
            let manifest = UpdateManifest(
                unit: .zero, base: .zero, parameterCount: merging.parameters, codec: codec, tokens: 1, losses: [1])
            let values = random.floats(merging.parameters, scale: 1e-2)
            let archive = try UpdateArchive.encode(manifest, difference: values)
            return try WeightedUpdate(
                index: index, update: UpdateArchive(archive, maximumParameters: merging.parameters), weight: 1)
        }
        let expected = try merging.merge(plain, by: strategy).version
        func merged(_ updates: [WeightedUpdate]) throws -> Merging.Version {
            try merging.merge(updates, by: strategy).version
        }
        // Their archives are not looked at again: they may be gone.
        struct Gone: Error {}
        func inMemory(_ update: WeightedUpdate, of other: WeightedUpdate) throws -> WeightedUpdate {
            try WeightedUpdate(
                index: update.index, update: { throw Gone() }(), weight: update.weight, tokens: update.tokens,
                prepared: PreparedUpdate(other.archive, in: merging.layout))
        }
        var prepared = try plain.map { try inMemory($0, of: $0) }
        #expect(try merged(prepared).weights == expected.weights && merged(prepared).norms == expected.norms)
        // It is these that are merged: with those of another the version is another. Most medians of topK are 0 anyway.
        prepared[0] = try inMemory(plain[0], of: plain[1])
        #expect(try merged(prepared).weights != expected.weights || rule == .median && codec == .topK)
    }

    @Test(arguments: [(8000, true), (9000, false)]) func `only small updates stay in memory`(
        vocabulary: Int, isKept: Bool
    ) throws {
        let layout = ParameterLayout(
            ModelConfiguration(layers: 1, width: 8, heads: 2, vocabulary: vocabulary, context: 16))
        #expect(layout.count < UpdateArchive.chunkValues && UpdatePreparation.isSmall(layout) == isKept)
        for codec in [UpdateCodec.int4, .topK] {
            let manifest = UpdateManifest(
                unit: .zero, base: .zero, parameterCount: layout.count, codec: codec, tokens: 1, losses: [1])
            let archive = try UpdateArchive.encode(manifest) { range in range.map { Float($0) } }
            let prepared = try PreparedUpdate(UpdateArchive(archive, maximumParameters: layout.count), in: layout)
            #expect((prepared.payloads != nil) == isKept && prepared.squaredNorms.count == layout.tensors.count)
        }
    }

    @Test func `slices need less memory than chunks`() throws {
        let updates = try updates(.int4)
        let strategy = Strategy(kind: .fedAvg)
        #expect(try merging.merge(updates, by: strategy).report.mostValuesHeld == 8 * UpdateArchive.chunkValues)
        let report = try merging.merge(updates.map(prepare), by: strategy).report
        #expect(report.mostValuesHeld == 8 * InflatedUpdate.sliceValues)
    }
}
