import Checkpoints
import Foundation
import Kernels
import LanguageModel
import TestSupport
import Testing
import WorkUnits
import Worker

@Suite struct WeightsLoadingTests {
    /// Five million weights: more pieces than are read at once, and the last one is not whole.
    private let model = ModelConfiguration(layers: 1, width: 128, heads: 1, vocabulary: 40, context: 40_001)
    private let folder: TemporaryFolder
    private let path: String
    private let reference: CheckpointReference

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("base.safetensors")
        let initial = InitialWeights(model: model, seed: 5)
        reference = try ExampleSlot.writeBase(model, initial.values(0..<initial.layout.count), to: path)
    }

    @Test(arguments: [1, 2, 3])
    func `all weights are in memory, and the file's digest is known`(threads: Int) throws {
        let file = try WeightsFile(FileBytes(path: path))
        let buffer = FloatBuffer(count: file.layout.count)
        let found = try file.load(into: buffer, on: ThreadTeam(threads: threads))
        #expect(found == FileDigest(digest: reference.weights, bytes: reference.bytes))
        #expect(try buffer.values(0..<buffer.count) == file.all())
    }

    @Test(arguments: [40, 9_000_000, 21_000_000])
    func `another byte anywhere gives another digest`(offset: Int) throws {
        var bytes = try folder.read("base.safetensors")
        let last = bytes.count - 1
        bytes[min(offset, last)] ^= 1
        try folder.write(bytes, to: "base.safetensors")
        // A header that is not the model's is not opened at all.
        guard let file = try? WeightsFile(FileBytes(path: path)) else {
            #expect(offset == 40)
            return
        }
        let found = try file.load(into: FloatBuffer(count: file.layout.count), on: ThreadTeam(threads: 2))
        #expect(found.digest == Digest(of: bytes) && found.digest != reference.weights)
    }

    @Test func `a file that became shorter is refused`() throws {
        let file = try WeightsFile(FileBytes(path: path))
        let handle = try #require(FileHandle(forWritingAtPath: path))
        try handle.truncate(atOffset: 18_000_000)
        #expect(throws: MalformedCheckpoint("cannot read: \(path): became shorter while it was read")) {
            try file.load(into: FloatBuffer(count: file.layout.count), on: ThreadTeam(threads: 2))
        }
    }
}
