import TestSupport
import Testing
import WorkUnits

@Suite struct ArchiveTests {
    /// The tokens 1, 2, 300.
    private let shard = ForeignArchive(
        manifest: #"{"format":1,"tokenCount":3,"vocabulary":301}"#, chunks: [.init([1, 0, 2, 0, 44, 1])])

    @Test func `an archive written by the specification alone is read`() throws {
        #expect(try TokenShard.decode(shard.bytes) == [1, 2, 300])
        let archive = try Archive(shard.bytes)
        #expect(archive.kind == .tokens)
        #expect(String(decoding: archive.manifest, as: UTF8.self) == shard.manifest)
        #expect(archive.chunks.map(\.raw) == [6])
    }

    @Test func `numbers in byte planes are read`() throws {
        let zero = String(repeating: "0", count: 64)
        let update = ForeignArchive(
            kind: 3,
            manifest: #"{"base":"\#(zero)","codec":"float32","format":1,"losses":[],"parameterCount":2,"tokens":0,"#
                + #""unit":"\#(zero)"}"#,
            chunks: [.init([0x01, 0x02, 0x00, 0x00, 0x80, 0x40, 0x3F, 0xC0])])
        let values = try UpdateArchive(update.bytes, maximumParameters: 2).values(ofChunk: 0)
        #expect(values.map(\.bitPattern) == [0x3F80_0001, 0xC040_0002])
    }

    @Test func `a damaged header is refused with its reason`() {
        var forged = shard
        forged.magic[0] = 0
        #expect(reason(forged) == "it does not begin like a Caravan archive")
        forged = shard
        forged.kind = 4
        #expect(reason(forged) == "kind 4 is unknown")
        forged = shard
        forged.format = 2
        #expect(reason(forged) == "format 2 is not 1: update this software")
        #expect(
            reason(ForeignArchive(manifest: "", chunks: []).bytes.dropLast())
                == "19 bytes are fewer than its header has")
    }

    @Test func `lengths beyond their bounds are refused before they are used`() {
        var forged = shard
        forged.manifestBytes = 1 << 20 + 1
        #expect(reason(forged) == "its manifest of 1048577 bytes exceeds 1048576")
        forged = shard
        forged.chunkCount = 65_537
        #expect(reason(forged) == "its 65537 chunks exceed 65536")
        forged.chunkCount = 65_536
        #expect(reason(forged) == "its chunk table ends at byte 524352, the archive at 89")
    }

    @Test func `bytes after the last chunk are refused`() {
        var forged = shard
        forged.trailing = [0]
        #expect(reason(forged) == "its chunks end at byte 89, the archive at 90")
    }

    @Test(arguments: [0, (1 << 20) + 1, 0xFFFF_FFFF])
    func `an impossible raw length is refused`(raw: Int) {
        var forged = shard
        forged.chunks[0].raw = raw
        #expect(reason(forged) == "chunk 0 cannot hold \(raw) bytes in 17")
    }

    @Test func `a chunk stored in more bytes than any encoder needs is refused`() {
        var forged = shard
        forged.chunks[0].stored += Array(repeating: 0, count: 100)
        #expect(reason(forged) == "chunk 0 cannot hold 6 bytes in 117")
    }

    @Test func `a chunk table that does not fit the manifest is refused`() {
        var forged = shard
        forged.chunks.append(.init([1, 0]))
        #expect(reason(forged) == "3 values need 1 chunks, not 2")
        forged = shard
        forged.chunks[0] = .init([1, 0, 2, 0])
        #expect(reason(forged) == "chunk 0 has 4 bytes instead of 6")
    }

    @Test func `a chunk that does not inflate to exactly its length is refused`() {
        for content in [[1, 0, 2, 0], [1, 0, 2, 0, 44, 1, 5, 0]] as [[UInt8]] {
            var forged = shard
            forged.chunks[0].stored = ForeignArchive.Chunk(content).stored
            #expect(reason(forged) == "chunk 0 is not a zlib stream of exactly 6 bytes")
        }
        for damage in [{ $0 + [0] }, { $0.dropLast() }, { $0.reversed() }] as [([UInt8]) -> [UInt8]] {
            var forged = shard
            forged.chunks[0].stored = damage(shard.chunks[0].stored)
            #expect(reason(forged) == "chunk 0 is not a zlib stream of exactly 6 bytes")
        }
    }

    @Test func `a small stream that inflates to much is not inflated beyond its length`() throws {
        // A whole, valid stream of 20 000 zero bytes, of which the table admits six.
        let zeros = try TokenShard.encode(Array(repeating: 0, count: 10_000), vocabulary: 301)
        let chunk = try Archive(zeros).chunks[0]
        #expect(chunk.raw == 20_000 && chunk.stored <= 70)
        var bomb = shard
        bomb.chunks[0].raw = 6
        bomb.chunks[0].stored = Array(zeros[chunk.offset...])
        #expect(reason(bomb) == "chunk 0 is not a zlib stream of exactly 6 bytes")
        let claim = ForeignArchive.Chunk([0])
        var many = shard
        many.chunks = Array(repeating: claim, count: 65_536)
        for index in many.chunks.indices { many.chunks[index].raw = 1 << 20 }
        #expect(reason(many) == "3 values need 1 chunks, not 65536")
    }

    @Test func `a token outside the vocabulary is refused`() {
        var forged = shard
        forged.chunks[0] = .init([1, 0, 45, 1, 2, 0])
        #expect(reason(forged) == "token 301 at 1 is outside the vocabulary of 301")
    }

    @Test(arguments: [
        (#"{"format":1,"tokenCount":3,"vocabulary":301,"x":1}"#, "not in canonical form"),
        (#"{"format":1,"tokenCount":3, "vocabulary":301}"#, "not in canonical form"),
        (#"{"format":1,"tokenCount":3}"#, "'vocabulary' is missing"),
        (#"{"format":1,"tokenCount":"3","vocabulary":301}"#, "'tokenCount' has the wrong type"),
        (#"{"format":2,"tokenCount":3,"vocabulary":301}"#, "shard format 2 is not 1"),
        (#"{"format":1,"tokenCount":0,"vocabulary":301}"#, "0 tokens are not between"),
        (#"{"format":1,"tokenCount":9223372036854775807,"vocabulary":301}"#, "are not between"),
        (#"{"format":1,"tokenCount":3,"vocabulary":0}"#, "a vocabulary of 0 is not between"),
        ("", "not JSON"),
    ])
    func `a manifest that is not canonical or cannot be is refused`(manifest: String, expected: String) {
        var forged = shard
        forged.manifest = manifest
        #expect(reason(forged)?.contains(expected) == true, "\(reason(forged) ?? "accepted")")
    }

    private func reason(_ archive: ForeignArchive) -> String? { reason(archive.bytes) }

    /// Why the shard is refused; nil if it is not.
    private func reason(_ bytes: some Sequence<UInt8>) -> String? {
        do throws(MalformedArchive) {
            _ = try TokenShard.decode(Array(bytes))
            return nil
        } catch {
            return error.reason
        }
    }
}
