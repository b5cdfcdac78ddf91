import Foundation
import TestSupport
import Testing
import WorkUnits

/// The copy of an update that merges read: the archive's numbers, or nothing.
@Suite struct InflatedUpdateTests {
    /// Two chunks, the second with two slices and an odd end.
    private static let count = UpdateArchive.chunkValues + InflatedUpdate.sliceValues + 301
    private static let codecs = UpdateCodec.allCases.filter(InflatedUpdate.exists)

    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func archive(_ codec: UpdateCodec) throws -> UpdateArchive {
        var random = SplitMix64(seed: 3)
        let values = random.floats(1000, scale: 1e-3)
        let manifest = UpdateManifest(
            unit: .zero, base: .zero, parameterCount: Self.count, codec: codec, tokens: 1, losses: [1])
        let bytes = try UpdateArchive.encode(manifest) { range in range.map { values[$0 &* 7 % 1000] } }
        return try UpdateArchive(bytes, maximumParameters: Self.count)
    }

    private func inflated(_ archive: UpdateArchive) throws -> InflatedUpdate {
        var writer = try InflatedUpdate.Writer(path: folder.file("inflated"), codec: archive.manifest.codec)
        for chunk in 0..<archive.chunkCount {
            try writer.append(archive.payload(ofChunk: chunk), count: archive.range(ofChunk: chunk).count)
        }
        return writer.finish()
    }

    private func slices() -> [Range<Int>] {
        stride(from: 0, to: Self.count, by: InflatedUpdate.sliceValues).map {
            $0..<min($0 + InflatedUpdate.sliceValues, Self.count)
        }
    }

    private func sums(_ payload: UpdatePayload) -> [Double] {
        var sums = [Double](repeating: 0, count: payload.count)
        UpdatePayload.add([payload], times: [0.7], to: &sums, in: 0..<payload.count)
        return sums
    }

    @Test(arguments: codecs)
    func `slices have the archive's numbers`(codec: UpdateCodec) throws {
        let archive = try archive(codec)
        let inflated = try inflated(archive)
        #expect(try FileBytes(path: folder.file("inflated")).count == inflated.size)
        for chunk in 0..<archive.chunkCount {
            let (range, values) = (archive.range(ofChunk: chunk), try archive.values(ofChunk: chunk))
            for slice in slices() where range.contains(slice.lowerBound) {
                let expected = values[slice.lowerBound - range.lowerBound..<slice.upperBound - range.lowerBound]
                let found = try [
                    #require(inflated.payload(ofSliceAt: slice.lowerBound)),
                    #require(inflated.opened().payload(ofSliceAt: slice.lowerBound)), archive.payload(slice),
                ]
                for payload in found { #expect(sums(payload) == expected.map { 0.7 * Double($0) }) }
            }
            #expect(inflated.values(range) == values[...])
            #expect(inflated.values(range.dropFirst(4096).dropLast(100)) == values.dropFirst(4096).dropLast(100))
        }
    }

    @Test func `a slice of topK is that of its chunk`() throws {
        let archive = try archive(.topK)
        #expect(!InflatedUpdate.exists(for: .topK))
        let values = try archive.values(ofChunk: 1)
        let last = try #require(slices().last)
        #expect(try sums(archive.payload(last)) == values.suffix(last.count).map { 0.7 * Double($0) })
    }

    @Test(arguments: codecs)
    func `damage anywhere is noticed`(codec: UpdateCodec) throws {
        let inflated = try inflated(archive(codec))
        let bytes = try folder.read("inflated")
        var random = SplitMix64(seed: 4)
        let size = codec.payloadBytes(InflatedUpdate.sliceValues).lowerBound
        for _ in 0..<6 {
            var damaged = bytes
            let place = Int.random(in: 0..<bytes.count, using: &random)
            damaged[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try folder.write(damaged, to: "inflated")
            for (index, slice) in slices().enumerated() {
                #expect((inflated.payload(ofSliceAt: slice.lowerBound) == nil) == (index == place / size))
            }
        }
        // A page that never reached the disk, and exchanged words.
        var torn = bytes
        torn.replaceSubrange(0..<4096, with: Array(repeating: 0, count: 4096))
        try folder.write(torn, to: "inflated")
        #expect(inflated.payload(ofSliceAt: 0) == nil)
        var exchanged = bytes
        exchanged.replaceSubrange(0..<64, with: bytes[64..<128])
        exchanged.replaceSubrange(64..<128, with: bytes[0..<64])
        try folder.write(exchanged, to: "inflated")
        #expect(inflated.payload(ofSliceAt: 0) == nil)
        try folder.write(bytes.dropLast(), to: "inflated")
        #expect(inflated.payload(ofSliceAt: slices()[5].lowerBound) == nil)
        #expect(inflated.payload(ofSliceAt: 0) != nil)
        try FileManager.default.removeItem(atPath: folder.file("inflated"))
        #expect(inflated.payload(ofSliceAt: 0) == nil)
        #expect(inflated.opened().payload(ofSliceAt: 0) == nil)
    }
}
