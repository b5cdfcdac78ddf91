import Foundation
import TestSupport
import Testing
import WorkUnits

@Suite struct FileBytesTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `a file reads like the array of its bytes`() throws {
        var random = SplitMix64(seed: 1)
        let bytes = random.bytes(10_000)
        let file = try FileBytes(path: folder.write(bytes, to: "file"))
        #expect(file.count == bytes.count)
        for _ in 0..<100 {
            let offset = Int.random(in: 0...bytes.count, using: &random)
            let count = Int.random(in: 0...bytes.count - offset, using: &random)
            #expect(try file.read(count, at: offset) == bytes.read(count, at: offset))
            for source in [file, bytes] as [any RandomAccessBytes] {
                var memory = [UInt8](repeating: 0, count: count)
                try memory.withUnsafeMutableBytes { try source.read(into: $0, at: offset) }
                #expect(memory[...] == bytes[offset..<offset + count])
            }
        }
    }

    @Test(arguments: [(4, 0), (1, 3), (-1, 0), (0, -1), (0, 4), (Int.max, 1), (1, Int.max)])
    func `bytes outside are refused`(count: Int, offset: Int) throws {
        let file = try FileBytes(path: folder.write([1, 2, 3], to: "file"))
        #expect(throws: UnreadableBytes.self) { try file.read(count, at: offset) }
        #expect(throws: UnreadableBytes.self) { try [1, 2, 3].read(count, at: offset) }
    }

    @Test func `a file that became shorter is refused`() throws {
        let file = try FileBytes(path: folder.write([1, 2, 3], to: "file"))
        try replaceContent(of: folder.file("file"), with: [1])
        #expect(throws: UnreadableBytes.self) { try file.read(3, at: 0) }
        var memory: [UInt8] = [0, 0, 0]
        #expect(throws: UnreadableBytes.self) { try memory.withUnsafeMutableBytes { try file.read(into: $0, at: 0) } }
        #expect(throws: UnreadableBytes.self) { try memory.withUnsafeMutableBytes { try file.read(into: $0, at: 1) } }
    }

    @Test func `what is no file says so`() {
        #expect(throws: UnreadableBytes(reason: "\(folder.file("none")): No such file or directory")) {
            try FileBytes(path: folder.file("none"))
        }
        #expect(throws: UnreadableBytes(reason: "\(folder.path): not a file")) { try FileBytes(path: folder.path) }
    }
}

/// In place: the same file, now with these bytes.
private func replaceContent(of path: String, with bytes: [UInt8]) throws {
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: bytes)
    try handle.close()
}
