import Foundation
import TestSupport
import Testing
import WorkUnits

struct CheckpointStepTests {
    private static let count = UpdateArchive.chunkValues + 300

    private func manifest(_ codec: UpdateCodec = .int8, count: Int = Self.count) -> UpdateManifest {
        CheckpointStep.manifest(
            from: Digest(of: "weights".utf8), parameterCount: count, codec: codec, tokens: 10)
    }

    /// As a file of weights is laid out, with a head of its own.
    private func weights(_ values: [Float]) -> [UInt8] {
        [16, 0, 0, 0, 0, 0, 0, 0] + Array("{\"some\":\"head\"} ".utf8) + [UInt8](littleEndian: values)
    }

    private func step(_ values: [Float], _ codec: UpdateCodec = .int8) throws -> UpdateArchive {
        try UpdateArchive(
            UpdateArchive.encode(manifest(codec, count: values.count), difference: values),
            maximumParameters: values.count)
    }

    @Test func `steps are taken one after the other, one addition for each parameter`() throws {
        var random = SplitMix64(seed: 1)
        var values = random.floats(Self.count)
        let file = weights(values)
        let steps = try [UpdateCodec.int8, .int4, .bfloat16].map {
            try step(random.floats(Self.count, scale: 1e-3), $0)
        }
        for step in steps {
            let sent = try (0..<step.chunkCount).flatMap { try step.values(ofChunk: $0) }
            values = zip(values, sent).map { $0 + $1 }
        }
        var next: [UInt8] = []
        try CheckpointStep.apply(steps, to: file) { next += $0 }
        #expect(next == weights(values))
    }

    @Test func `a step of another model, and what is no file of weights, are refused before anything is written`()
        throws
    {
        let fitting = try step([1, 2, 3])
        for bytes in [weights([1, 2]), weights([1, 2, 3]) + [0], [], [0xFF] + weights([1, 2, 3]).dropFirst()] {
            #expect(throws: (any Error).self) {
                try CheckpointStep.apply([fitting], to: bytes) { _ in Issue.record("it wrote") }
            }
        }
        let other = try step([1, 2])
        #expect(throws: MalformedArchive.self) {
            try CheckpointStep.apply([fitting, other], to: weights([1, 2, 3])) { _ in Issue.record("it wrote") }
        }
    }

    @Test(arguments: [UpdateCodec.int8, .bfloat16])
    func `a writer writes the archive that is encoded at once`(codec: UpdateCodec) throws {
        let folder = try TemporaryFolder()
        var random = SplitMix64(seed: 2)
        let values = random.floats(Self.count)
        let writer = try UpdateWriter(path: folder.file("step"), manifest: manifest(codec))
        for start in stride(from: 0, to: Self.count, by: UpdateArchive.chunkValues) {
            let range = start..<min(start + UpdateArchive.chunkValues, Self.count)
            try writer.append(EncodedChunk(Array(values[range]), first: start, of: manifest(codec)))
        }
        let file = try writer.finish()
        let whole = try UpdateArchive.encode(manifest(codec), difference: values)
        #expect(try folder.read("step") == whole)
        #expect(file == FileDigest(digest: Digest(of: whole), bytes: whole.count))
    }

    @Test func `an archive that lacks a chunk is not finished, and is gone with its writer`() throws {
        let folder = try TemporaryFolder()
        do {
            let writer = try UpdateWriter(path: folder.file("step"), manifest: manifest())
            let chunk = [Float](repeating: 1, count: UpdateArchive.chunkValues)
            try writer.append(EncodedChunk(chunk, first: 0, of: manifest()))
            #expect(throws: MalformedArchive.self) { try writer.finish() }
        }
        #expect(!FileManager.default.fileExists(atPath: folder.file("step")))
    }

    @Test func `archives say the same if another zlib wrote one of them`() throws {
        let ours = try step([1, 2, 3], .bfloat16)
        // Its chunk is stored where ours is compressed.
        let archive = ForeignArchive(
            kind: 3, manifest: String(decoding: try CanonicalJSON.encode(ours.manifest), as: UTF8.self),
            chunks: [.init(try ours.payload(ofChunk: 0))])
        #expect(try archive.bytes != UpdateArchive.encode(ours.manifest, difference: [1, 2, 3]))
        let theirs = try UpdateArchive(archive.bytes, maximumParameters: 3)
        #expect(try ours.hasSameContent(as: theirs))
        #expect(try !ours.hasSameContent(as: step([1, 2, 4], .bfloat16)))
        #expect(try !ours.hasSameContent(as: step([1, 2, 3], .int8)))
    }
}
