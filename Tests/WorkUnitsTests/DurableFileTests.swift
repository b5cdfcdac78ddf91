import Foundation
import TestSupport
import Testing
import WorkUnits

@Suite struct DurableFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test func `bytes are appended where the file ends`() throws {
        let path = folder.file("file")
        for piece in [[1, 2, 3], [4]] as [[UInt8]] {
            var file = try DurableFile(path: path, permissions: 0o600)
            try file.append(piece)
            try file.sync()
        }
        var file = try DurableFile(path: path)
        #expect(file.size == 4)
        try file.truncate(to: 2)
        try file.append([9])
        #expect(try content(of: path) == [1, 2, 9])
        #expect(try permissions(of: path) == 0o600)
    }

    @Test func `a file is replaced as a whole, and nothing else is left`() throws {
        let path = folder.file("new/folder/file")
        for content in [[1, 2, 3], [4]] as [[UInt8]] {
            try DurableFile.write(content, to: path, through: folder.file("temporary"), permissions: 0o600)
            #expect(try self.content(of: path) == content)
        }
        #expect(try permissions(of: path) == 0o600)
        #expect(try permissions(of: folder.file("new")) == 0o700)
        #expect(try DurableFile.size(folder.file("temporary")) == nil)
    }

    @Test func `a file that cannot be replaced keeps its content`() throws {
        let path = folder.file("file")
        try DurableFile.write([1], to: path)
        let failure = #expect(throws: FileFailure.self) {
            try DurableFile.write([2], to: path, through: folder.file("missing/temporary"))
        }
        #expect(failure?.description == "cannot open \(folder.file("missing/temporary")): No such file or directory")
        #expect(try content(of: path) == [1])
    }

    @Test func `a full disk is told apart, and what was there before still counts`() throws {
        try FileManager.default.createSymbolicLink(atPath: folder.file("full"), withDestinationPath: "/dev/full")
        var file = try DurableFile(path: folder.file("full"))
        do {
            try file.append([1])
            Issue.record("it was written")
        } catch {
            #expect(error.isDiskFull)
        }
        #expect(file.size == 0)
    }

    @Test func `removing what is not there is no failure, a folder is`() throws {
        try DurableFile.remove(folder.file("nothing"))
        #expect(throws: FileFailure.self) { try DurableFile.remove(folder.path) }
    }

    @Test(arguments: ["", "file/new", "link/new"])
    func `a folder that cannot be made says which`(name: String) throws {
        try DurableFile.write([1], to: folder.file("file"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link"), withDestinationPath: folder.file("nothing"))
        let path = name.isEmpty ? name : folder.file(name)
        let failure = #expect(throws: FileFailure.self) { try DurableFile.makeFolder(path) }
        #expect(failure?.operation == "make" && failure?.path == path)
    }

    @Test(arguments: [0, 1, 1 << 20, 1 << 20 + 1])
    func `a digest that is read in pieces is that of the whole`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 4) }
        #expect(try Digest(reading: bytes) == Digest(of: bytes))
    }

    private func content(of path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    private func permissions(of path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}
