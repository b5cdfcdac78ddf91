import TestSupport
import Testing
import WorkUnits

@Suite struct ArchiveTests {
    /// The tokens 1, 2, 300.
    private let shard = ForeignArchive(
        manifest: #"{"format":2,"tokenCount":3,"vocabulary":301}"#, chunks: [ForeignTokenChunk([1, 2, 300]).chunk])

    /// The numbers 1 + 2^-23 and -3 - 2^-21.
    private let update = ForeignArchive(
        kind: 3,
        manifest: #"{"base":"\#(zero)","codec":"float32","format":1,"losses":[],"parameterCount":2,"tokens":0,"#
            + #""unit":"\#(zero)"}"#,
        chunks: [.init([0x01, 0x02, 0x00, 0x00, 0x80, 0x40, 0x3F, 0xC0])])
    private static let zero = String(repeating: "0", count: 64)

    @Test func `an archive written by the specification alone is read`() throws {
        #expect(try TokenShard.decode(shard.bytes) == [1, 2, 300])
        let archive = try Archive(shard.bytes)
        #expect(archive.kind == .tokens)
        #expect(String(decoding: archive.manifest, as: UTF8.self) == shard.manifest)
        #expect(archive.chunks.map(\.raw) == [12])
    }

    @Test func `numbers in byte planes are read`() throws {
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
        #expect(reason(forged) == "its chunk table ends at byte 524352, the archive at 103")
    }

    @Test func `bytes after the last chunk are refused`() {
        var forged = shard
        forged.trailing = [0]
        #expect(reason(forged) == "its chunks end at byte 103, the archive at 104")
    }

    @Test(arguments: [0, (1 << 20) + 1, 0xFFFF_FFFF])
    func `an impossible raw length is refused`(raw: Int) {
        var forged = shard
        forged.chunks[0].raw = raw
        #expect(reason(forged) == "chunk 0 cannot hold \(raw) bytes in 31")
    }

    @Test func `a chunk stored in more bytes than any encoder needs is refused`() {
        var forged = shard
        forged.chunks[0].stored += Array(repeating: 0, count: 100)
        #expect(reason(forged) == "chunk 0 cannot hold 12 bytes in 131")
    }

    @Test func `a chunk table that does not fit the manifest is refused`() {
        var forged = shard
        forged.chunks.append(shard.chunks[0])
        #expect(reason(forged) == "3 values need 1 chunks, not 2")
        forged = shard
        forged.chunks[0].raw = 8
        #expect(reason(forged) == "chunk 0 has 8 bytes instead of 12")
    }

    @Test func `a chunk that does not inflate to exactly its length is refused`() {
        let refusal = "chunk 0 is not a zlib stream of exactly 8 bytes"
        for count in [7, 9] {
            var forged = update
            forged.chunks[0].stored = ForeignArchive.Chunk(Array(repeating: 1, count: count)).stored
            #expect(updateReason(forged) == refusal)
        }
        for damage in [{ $0 + [0] }, { $0.dropLast() }, { $0.reversed() }] as [([UInt8]) -> [UInt8]] {
            var forged = update
            forged.chunks[0].stored = damage(update.chunks[0].stored)
            #expect(updateReason(forged) == refusal)
        }
    }

    @Test func `a small stream that inflates to much is not inflated beyond its length`() throws {
        // A whole, valid stream of 20 000 zero bytes, of which the table admits eight.
        let zeros = try UpdateArchive.encode(
            .example(parameterCount: 5000), difference: Array(repeating: 0, count: 5000))
        let chunk = try Archive(zeros).chunks[0]
        #expect(chunk.raw == 20_000 && chunk.stored <= 80)
        var bomb = update
        bomb.chunks[0].stored = Array(zeros[chunk.offset...])
        #expect(updateReason(bomb) == "chunk 0 is not a zlib stream of exactly 8 bytes")
    }

    @Test func `many chunks that claim much are refused before they are read`() {
        var many = shard
        many.chunks = Array(repeating: .init(stored: [0], raw: 1 << 20), count: 65_536)
        #expect(reason(many) == "3 values need 1 chunks, not 65536")
    }

    @Test(arguments: [
        (#"{"format":2,"tokenCount":3,"vocabulary":301,"x":1}"#, "not in canonical form"),
        (#"{"format":2,"tokenCount":3, "vocabulary":301}"#, "not in canonical form"),
        (#"{"format":2,"tokenCount":3}"#, "'vocabulary' is missing"),
        (#"{"format":2,"tokenCount":"3","vocabulary":301}"#, "'tokenCount' has the wrong type"),
        (#"{"format":1,"tokenCount":3,"vocabulary":301}"#, "shard format 1 is not 2: make the dataset again"),
        (#"{"format":2,"tokenCount":0,"vocabulary":301}"#, "0 tokens are not between"),
        (#"{"format":2,"tokenCount":9223372036854775807,"vocabulary":301}"#, "are not between"),
        (#"{"format":2,"tokenCount":3,"vocabulary":0}"#, "a vocabulary of 0 is not between"),
        ("", "not JSON"),
    ])
    func `a manifest that is not canonical or cannot be is refused`(manifest: String, expected: String) {
        var forged = shard
        forged.manifest = manifest
        #expect(reason(forged)?.contains(expected) == true, "\(reason(forged) ?? "accepted")")
    }

    private func reason(_ archive: ForeignArchive) -> String? { reason(archive.bytes) }

    /// Why the update is refused; nil if it is not.
    private func updateReason(_ archive: ForeignArchive) -> String? {
        do throws(MalformedArchive) {
            _ = try UpdateArchive(archive.bytes, maximumParameters: 2).values(ofChunk: 0)
            return nil
        } catch {
            return error.reason
        }
    }

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
