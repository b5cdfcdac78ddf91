import Checkpoints
import Foundation
import LanguageModel
import TestSupport
import Testing
import WorkUnits

@Suite struct WeightsWriterTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `too many or too few numbers are refused`() throws {
        var writer = try WeightsWriter(path: folder.file("weights"), model: .tiny)
        #expect(throws: MalformedCheckpoint.self) { try writer.finish() }
        try writer.append(Array(repeating: 0, count: writer.layout.count))
        #expect(throws: MalformedCheckpoint.self) { try writer.append([0]) }
    }

    @Test func `a file that was not finished is removed`() throws {
        func abandon() throws {
            var writer = try WeightsWriter(path: folder.file("weights"), model: .tiny)
            try writer.append([1, 2, 3])
            #expect(FileManager.default.fileExists(atPath: folder.file("weights")))
        }
        try abandon()
        #expect(!FileManager.default.fileExists(atPath: folder.file("weights")))
    }

    @Test func `a place that cannot be written says so`() {
        #expect(throws: UnwritableFile.self) { try WeightsWriter(path: folder.file("no/weights"), model: .tiny) }
    }

    @Test func `a full disk says so`() throws {
        let error = #expect(throws: UnwritableFile.self) {
            try WeightsWriter(path: "/dev/full", model: .tiny)
        }
        #expect(error?.description == "cannot write /dev/full: No space left on device")
    }

    @Test func `a model that cannot be built is refused`() {
        var model = ModelConfiguration.tiny
        model.heads = 0
        #expect(throws: InvalidSetting.self) { try WeightsWriter(path: folder.file("weights"), model: model) }
    }
}
