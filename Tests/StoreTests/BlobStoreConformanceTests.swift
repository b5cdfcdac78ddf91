import Coordination
import Foundation
import Store
import TestSupport
import Testing
import WorkUnits

/// What every `BlobStore` promises.
@Suite struct BlobStoreConformanceTests {
    enum Kind: CaseIterable {
        case memory
        case directory
        /// With a database for small blobs.
        case both

        func make(in folder: TemporaryFolder) throws -> any BlobStore {
            switch self {
            case .memory: MemoryBlobStore()
            case .directory: try BlobDirectory(in: DataFolder(path: folder.path))
            case .both:
                try {
                    let data = try DataFolder(path: folder.path)
                    return try BlobDirectory(in: data, small: SQLiteStore(in: data))
                }()
            }
        }
    }

    let folder: TemporaryFolder
    let ticket = Digest(of: "ticket".utf8)
    let content = Array("a blob that arrives in pieces".utf8)
    var digest: Digest { Digest(of: content) }

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: Kind.allCases)
    func `a blob is found by the digest of its content`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        #expect(try blobs.open(digest) == nil)
        #expect(try blobs.store(content) == digest)
        #expect(try blobs.store(content) == digest)
        let blob = try #require(try blobs.open(digest))
        #expect(blob.count == content.count)
        #expect(try blob.read(4, at: 2) == Array(content[2..<6]))
        #expect(throws: UnreadableBytes.self) { try blob.read(2, at: content.count - 1) }
    }

    @Test(arguments: Kind.allCases)
    func `a removed blob is gone, others stay, and it can come again`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        let other = try blobs.store([1, 2, 3])
        try blobs.remove(digest)
        try blobs.store(content)
        for _ in 0..<2 {
            try blobs.remove(digest)
            #expect(try blobs.open(digest) == nil)
            #expect(try blobs.open(other)?.count == 3)
        }
        #expect(try !blobs.beginUpload(ticket: ticket, content: digest, length: content.count).isComplete)
        try blobs.store(content)
        #expect(try blobs.open(digest)?.read(content.count, at: 0) == content)
    }

    @Test(arguments: Kind.allCases)
    func `held content is readable at once`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        #expect(try blobs.hold(content) == digest)
        #expect(try blobs.open(digest)?.read(content.count, at: 0) == content)
        #expect(try blobs.beginUpload(ticket: ticket, content: digest, length: content.count).isComplete)
    }

    @Test(arguments: Kind.allCases)
    func `a whole upload becomes a blob when it is kept`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        #expect(try blobs.uploadState(ticket: ticket) == nil)
        var state = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
        #expect(state == UploadState(ticket: ticket, offset: 0, length: content.count))
        state = try blobs.appendUpload(ticket: ticket, at: 0, Array(content[..<10]))
        #expect(state.offset == 10)
        #expect(try blobs.uploadState(ticket: ticket) == state)
        #expect(try blobs.beginUpload(ticket: ticket, content: digest, length: content.count) == state)
        #expect(try blobs.open(digest) == nil)
        state = try blobs.appendUpload(ticket: ticket, at: 10, Array(content[10...]))
        #expect(state.isComplete)
        #expect(try blobs.open(digest) == nil)
        #expect(try blobs.upload(ticket: ticket)?.read(content.count, at: 0) == content)
        for _ in 0..<2 {
            try blobs.keepUpload(ticket: ticket)
            #expect(try blobs.open(digest)?.read(content.count, at: 0) == content)
            #expect(try blobs.upload(ticket: ticket)?.read(content.count, at: 0) == content)
            #expect(try blobs.uploadState(ticket: ticket) == state)
        }
    }

    @Test(arguments: Kind.allCases)
    func `an upload that is not whole cannot be read or kept`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        #expect(try blobs.upload(ticket: ticket) == nil)
        #expect(throws: UploadFailure.unknownTicket) { try blobs.keepUpload(ticket: ticket) }
        _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
        _ = try blobs.appendUpload(ticket: ticket, at: 0, Array(content[..<10]))
        #expect(try blobs.upload(ticket: ticket) == nil)
        #expect(throws: UploadFailure.unknownTicket) { try blobs.keepUpload(ticket: ticket) }
    }

    @Test(arguments: Kind.allCases)
    func `removing an upload takes nothing from others with the same content`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        let tickets = (0..<3 as Range<UInt8>).map { Digest(of: [$0]) }
        for ticket in tickets {
            _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
            #expect(try blobs.appendUpload(ticket: ticket, at: 0, content).isComplete)
        }
        for _ in 0..<2 { try blobs.removeUpload(ticket: tickets[0]) }
        #expect(try blobs.uploadState(ticket: tickets[0]) == nil)
        try blobs.keepUpload(ticket: tickets[1])
        try blobs.removeUpload(ticket: tickets[1])
        try blobs.removeUpload(ticket: tickets[2])
        #expect(try blobs.open(digest)?.read(content.count, at: 0) == content)
    }

    @Test(arguments: Kind.allCases)
    func `announcing another length begins again, and no bytes are no progress`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count + 1)
        #expect(try blobs.appendUpload(ticket: ticket, at: 0, Array(content[..<9])).offset == 9)
        #expect(try blobs.appendUpload(ticket: ticket, at: 9, []).offset == 9)
        #expect(try blobs.beginUpload(ticket: ticket, content: digest, length: content.count).offset == 0)
        #expect(try blobs.appendUpload(ticket: ticket, at: 0, content).isComplete)
        #expect(try blobs.appendUpload(ticket: ticket, at: content.count, []).isComplete)
    }

    @Test(arguments: Kind.allCases)
    func `bytes that do not continue the upload are refused and change nothing`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        #expect(throws: UploadFailure.unknownTicket) { try blobs.appendUpload(ticket: ticket, at: 0, content) }
        _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
        let state = try blobs.appendUpload(ticket: ticket, at: 0, Array(content[..<10]))
        for offset in [-1, 0, 9, 11, content.count, .max] {
            #expect(throws: UploadFailure.wrongOffset(durable: 10)) {
                try blobs.appendUpload(ticket: ticket, at: offset, Array(content[..<1]))
            }
        }
        #expect(throws: UploadFailure.tooLong(announced: content.count)) {
            try blobs.appendUpload(ticket: ticket, at: 10, Array(content[9...]))
        }
        #expect(try blobs.uploadState(ticket: ticket) == state)
    }

    @Test(arguments: Kind.allCases)
    func `an upload with the wrong content is dropped and can begin again`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        let other = content.map { $0 ^ 1 }
        _ = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
        #expect(throws: UploadFailure.wrongDigest(announced: digest, received: Digest(of: other))) {
            try blobs.appendUpload(ticket: ticket, at: 0, other)
        }
        #expect(try blobs.open(digest) == nil)
        #expect(try blobs.open(Digest(of: other)) == nil)
        let state = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
        #expect(state.offset == 0)
        #expect(try blobs.appendUpload(ticket: ticket, at: 0, content).isComplete)
    }

    @Test(arguments: Kind.allCases)
    func `content that is a blob already needs no bytes`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        try blobs.store(content)
        let state = try blobs.beginUpload(ticket: ticket, content: digest, length: content.count)
        #expect(state.isComplete)
        #expect(throws: UploadFailure.self) { try blobs.appendUpload(ticket: ticket, at: 0, content) }
    }

    @Test(arguments: Kind.allCases)
    func `a blob's digest with another length is no blob`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        try blobs.store(content)
        #expect(try !blobs.beginUpload(ticket: ticket, content: digest, length: 5).isComplete)
        #expect(throws: UploadFailure.self) { try blobs.appendUpload(ticket: ticket, at: 0, Array(content[..<5])) }
        #expect(try blobs.open(digest)?.count == content.count)
    }

    @Test(arguments: Kind.allCases)
    func `old uploads are forgotten but for some, their blobs stay`(kind: Kind) throws {
        let blobs = try kind.make(in: folder)
        let finished = Digest(of: "finished".utf8)
        _ = try blobs.beginUpload(ticket: finished, content: digest, length: content.count)
        _ = try blobs.appendUpload(ticket: finished, at: 0, content)
        try blobs.keepUpload(ticket: finished)
        _ = try blobs.beginUpload(ticket: ticket, content: Digest(of: [1]), length: 1)
        try blobs.removeUploads(begunBefore: Timestamp(milliseconds: 0), except: [])
        #expect(try blobs.uploadState(ticket: ticket) != nil)
        try blobs.removeUploads(begunBefore: Timestamp(milliseconds: 1 << 50), except: [ticket])
        #expect(try blobs.uploadState(ticket: ticket) != nil)
        #expect(try blobs.uploadState(ticket: finished) == nil)
        try blobs.removeUploads(begunBefore: Timestamp(milliseconds: 1 << 50), except: [])
        #expect(try blobs.uploadState(ticket: ticket) == nil)
        #expect(throws: UploadFailure.unknownTicket) { try blobs.appendUpload(ticket: ticket, at: 0, [1]) }
        #expect(try blobs.open(digest) != nil)
    }
}
