import Compression
import Testing
import TestSupport

/// What a reader hands out: runs of bytes, and breaks.
private enum Part: Equatable {
    case bytes([UInt8])
    case broken(offset: Int)
}

private func parts(of compressed: [UInt8], piece: Int = .max, room: Int = 1 << 16) throws -> [Part] {
    let reader = GzipReader(MemorySource(compressed, piece: piece))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 1)
    defer { buffer.deallocate() }
    var parts: [Part] = []
    while true {
        switch try reader.read(into: buffer) {
        case .end: return parts
        case .broken(let member): parts.append(.broken(offset: member.offset))
        case .bytes(let count):
            if case .bytes(let before) = parts.last {
                parts[parts.count - 1] = .bytes(before + buffer[..<count])
            } else {
                parts.append(.bytes(Array(buffer[..<count])))
            }
        }
    }
}

private func text(_ count: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in UInt8.random(in: 97..<105, using: &random) }
}

@Test(arguments: [1, 7, 4096, Int.max])
func `members follow one another, however they arrive`(piece: Int) throws {
    let (one, two) = (text(5000, seed: 1), text(70_000, seed: 2))
    let file = Gzip.member(one) + Gzip.member([]) + Gzip.member(two) + [0, 0, 0]
    for room in [1, 333, 1 << 20] {
        #expect(try parts(of: file, piece: piece, room: room) == [.bytes(one + two)])
    }
}

@Test func `a wrong checksum is found behind the bytes, and the next member is read`() throws {
    let (one, two) = (text(300, seed: 1), text(200, seed: 2))
    var broken = Gzip.member(one)
    broken[broken.count - 6] ^= 1
    let next = Gzip.member(two)
    #expect(try parts(of: broken + next) == [.bytes(one), .broken(offset: 0), .bytes(two)])
    #expect(try parts(of: next + broken) == [.bytes(two + one), .broken(offset: next.count)])
}

@Test(arguments: [0.1, 0.5, 0.9, 0.999])
func `a member that is cut off does not take the next one with it`(share: Double) throws {
    let (one, two) = (text(40_000, seed: 3), text(30_000, seed: 4))
    let whole = Gzip.member(one)
    let cut = Array(whole.prefix(Int(Double(whole.count) * share)))
    let found = try parts(of: cut + Gzip.member(two))
    #expect(found.count == 3)
    #expect(found.dropFirst().first == .broken(offset: 0))
    #expect(found.last == .bytes(two) as Part, "the second member is whole")
    guard case .bytes(let start) = found.first else {
        Issue.record("nothing of the first member")
        return
    }
    let common = zip(start, one).prefix { $0 == $1 }.count
    // Its beginning names the codes of the rest, which takes some bytes.
    #expect(common > Int(Double(one.count) * share) - 2000)
    #expect(try parts(of: cut).last == .broken(offset: 0))
}

@Test func `bytes between members cost nothing but themselves`() throws {
    let (one, two) = (text(30, seed: 1), text(40, seed: 2))
    let member = Gzip.member(one)
    let file = member + Array("noise \u{1F}\u{8B} noise".utf8) + Gzip.member(two)
    #expect(try parts(of: file) == [.bytes(one), .broken(offset: member.count), .bytes(two)])
}

@Test func `bytes without a member are one break`() throws {
    for bytes in [[], [0x1F], Array("plain text".utf8), [0x1F, 0x8B], [0x1F, 0x8B, 8, 0xFF, 0, 0, 0, 0, 0, 3]] {
        #expect(try parts(of: bytes) == [.broken(offset: 0)])
    }
}

@Test func `headers in a row that begin nothing are passed in time that grows with their number`() throws {
    let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
    let last = text(100, seed: 5)
    let found = try parts(of: Array(repeatElement(header, count: 50_000).joined()) + Gzip.member(last))
    #expect(found.last == .bytes(last))
}

@Test func `damaged members never stop the reader, and pieces never change what it hands out`() throws {
    var random = SplitMix64(seed: 6)
    let members = (0..<3).map { Gzip.member(text(400 * ($0 + 1), seed: UInt64($0))) }
    for _ in 0..<300 {
        let file = Array(members.joined()).mutated(using: &random)
        let whole = try parts(of: file)
        #expect(try parts(of: file, piece: Int.random(in: 1...50, using: &random)) == whole)
    }
}

@Test func `what the source throws is thrown on, behind the bytes before it`() throws {
    let file = Gzip.member(text(3000, seed: 7))
    let failure = UnreadableSource(reason: "the disk is gone")
    let reader = GzipReader(MemorySource(Array(file.dropLast(20)), failure: failure))
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 10_000, alignment: 1)
    defer { buffer.deallocate() }
    #expect(try reader.read(into: buffer) != .end)
    #expect(throws: failure) { while try reader.read(into: buffer) != .end {} }
}
