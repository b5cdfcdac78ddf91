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
        let writer = try WeightsWriter(path: folder.file("weights"), model: .tiny)
        #expect(throws: MalformedCheckpoint.self) { try writer.finish() }
        try writer.append(Array(repeating: 0, count: writer.layout.count))
        #expect(throws: MalformedCheckpoint.self) { try writer.append([0]) }
    }

    @Test func `a file that was not finished is removed`() throws {
        func abandon() throws {
            let writer = try WeightsWriter(path: folder.file("weights"), model: .tiny)
            try writer.append([1, 2, 3])
            #expect(FileManager.default.fileExists(atPath: folder.file("weights")))
        }
        try abandon()
        #expect(!FileManager.default.fileExists(atPath: folder.file("weights")))
    }

    @Test func `a place that cannot be written says so`() {
        #expect(throws: FileFailure.self) { try WeightsWriter(path: folder.file("no/weights"), model: .tiny) }
    }

    @Test func `a full disk says so`() throws {
        try FileManager.default.createSymbolicLink(atPath: folder.file("full"), withDestinationPath: "/dev/full")
        let error = #expect(throws: FileFailure.self) { try WeightsWriter(path: folder.file("full"), model: .tiny) }
        #expect(error?.operation == "write" && error?.isDiskFull == true)
        #expect(FileManager.default.fileExists(atPath: "/dev/full"))
    }

    @Test func `a model that cannot be built is refused`() {
        var model = ModelConfiguration.tiny
        model.heads = 0
        #expect(throws: InvalidSetting.self) { try WeightsWriter(path: folder.file("weights"), model: model) }
    }
}
