import Coordination
import Foundation
import Store
import TestSupport
import Testing
import WorkUnits

@Suite struct BlobDirectoryTests {
    let folder: TemporaryFolder
    let ticket = Digest(of: "ticket".utf8)
    let content = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 3) }
    var digest: Digest { Digest(of: content) }
    var server: String { folder.file("server") }
    var part: String { "\(server)/uploads/\(ticket).part" }

    init() throws { folder = try TemporaryFolder() }

    /// A server that starts, does something, and stops.
    @discardableResult
    func run<Value>(_ body: (BlobDirectory) throws -> Value) throws -> Value {
        try body(BlobDirectory(in: DataFolder(path: server)))
    }

    /// Paths of the files in the server's folder, sorted.
    func files() -> [String] {
        let paths = FileManager.default.enumerator(atPath: server)?.compactMap { $0 as? String } ?? []
        return paths.filter { path in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(server)/\(path)", isDirectory: &isFolder)
                && !isFolder.boolValue
        }.sorted()
    }

    @Test func `a blob is one private file named by its digest`() throws {
        try run { blobs throws in try blobs.store(content) }
        #expect(files() == ["blobs/\(digest.description.prefix(2))/\(digest)", "lock"])
        for name in ["", "blobs", "blobs/\(digest.description.prefix(2))", "uploads"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(server)/\(name)")
            #expect((attributes[.posixPermissions] as? Int) == 0o700, "\(name)")
        }
    }

    @Test func `a file beside the blobs becomes one`() throws {
        try run { blobs throws in
            let path = try blobs.temporaryPath()
            #expect(try blobs.temporaryPath() != path)
            try Data(content).write(to: URL(filePath: path))
            try blobs.store(fileAt: path, as: digest)
            #expect(try blobs.open(digest)?.count == content.count)
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func `the start removes what a stopped server was writing`() throws {
        try run { blobs throws in try Data(content).write(to: URL(filePath: blobs.temporaryPath())) }
        try Data(content).write(to: URL(filePath: part))
        #expect(files().count == 3)
        try run { _ throws in }
        #expect(files() == ["lock"])
    }

    @Test(arguments: 0..<4)
    func `an upload in pieces, with restarts between them, ends as the same blob`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        try run { blobs throws in _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count) }
        var offset = 0
        while offset < content.count {
            try run { blobs throws in
                #expect(try blobs.uploadState(ticket: ticket)?.offset == offset)
                for _ in 0..<Int.random(in: 1...3, using: &random) where offset < content.count {
                    let end = min(content.count, offset + Int.random(in: 1...20_000, using: &random))
                    offset = try blobs.appendUpload(ticket: ticket, at: offset, Array(content[offset..<end])).offset
                    #expect(offset == end)
                }
            }
        }
        try run { blobs throws in
            try blobs.keepUpload(ticket: ticket)
            #expect(try blobs.open(digest)?.read(content.count, at: 0) == content)
        }
    }

    @Test func `a whole upload survives a restart, and nothing of it is left when it is removed`() throws {
        try run { blobs throws in
            _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
            _ = try blobs.appendUpload(ticket: ticket, at: 0, content)
        }
        try run { blobs throws in
            #expect(try blobs.upload(ticket: ticket)?.read(content.count, at: 0) == content)
            try blobs.removeUpload(ticket: ticket)
        }
        #expect(files() == ["lock"])
    }

    @Test func `a part that was whole when the server stopped is a whole upload`() throws {
        try run { blobs throws in _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count) }
        try Data(content).write(to: URL(filePath: part))
        try run { blobs throws in
            #expect(try blobs.upload(ticket: ticket)?.count == content.count)
            #expect(try blobs.uploadState(ticket: ticket)?.isComplete == true)
            #expect(try blobs.open(digest) == nil)
        }
    }

    @Test func `a whole part with other bytes is dropped at the start`() throws {
        try run { blobs throws in _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count) }
        try Data(content.reversed()).write(to: URL(filePath: part))
        try run { blobs throws in
            #expect(try blobs.open(digest) == nil)
            #expect(try blobs.uploadState(ticket: ticket) == nil)
        }
    }

    @Test func `a full disk refuses the bytes and keeps the offset`() throws {
        try run { blobs throws in
            _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
            try FileManager.default.createSymbolicLink(atPath: part, withDestinationPath: "/dev/full")
            let refusal = #expect(throws: Refusal.self) { try blobs.appendUpload(ticket: ticket, at: 0, content) }
            #expect(refusal?.code == .unavailable)
            try FileManager.default.removeItem(atPath: part)
            #expect(try blobs.uploadState(ticket: ticket)?.offset == 0)
            #expect(try blobs.appendUpload(ticket: ticket, at: 0, content).isComplete)
        }
    }

    @Test func `an announcement that was tampered with is named`() throws {
        let path = "\(server)/uploads/\(ticket).json"
        try run { blobs throws in
            _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
            try Data("{}".utf8).write(to: URL(filePath: path))
            let error = #expect(throws: StoreFailure.self) { try blobs.uploadState(ticket: ticket) }
            #expect(error?.description.contains(path) == true)
        }
    }
}
