import TestSupport
import Testing
import WorkUnits

/// The bytes of token ids, against FORMAT.md.
@Suite struct TokenChunkTests {
    @Test func `the worked example of the specification is what is written`() throws {
        let shard = try TokenShard.encode([1, 2, 300], vocabulary: 301)
        #expect(
            payload(shard) == [
                0x00, 0x00, 0x8A, 0x6C, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x07, 0xE9, 0x23, 0x00, 0x00, 0x20, 0x00,
                0x08, 0x00, 0x02, 0x80, 0xC0, 0x00, 0x24, 0xD9, 0x03, 0x74,
            ])
        #expect(try TokenShard.decode(shard) == [1, 2, 300])
    }

    @Test(arguments: [
        [7], [7, 7, 7, 7, 7, 7, 7, 7, 7], [0, 299_999], Array(0..<37), Array(0..<64).map { $0 * 4000 },
        (0..<5000).map { $0 * $0 % 997 },
    ])
    func `a chunk that another program wrote is read`(tokens: [Int]) {
        #expect(decoded(ForeignTokenChunk(tokens)) == tokens.map { UInt32($0) })
    }

    @Test func `the longest codes that are allowed are read`() {
        let lengths = [1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 5]
        let tokens = (0..<100).map { 1 + $0 * 5 % 6 }
        #expect(decoded(ForeignTokenChunk(tokens, lengths: lengths)) == tokens.map { UInt32($0) })
        #expect(
            reason(ForeignTokenChunk([1, 2, 3, 4, 5, 6, 7], lengths: [1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 6]))
                == "chunk 0: a code of 6 bits is too long for one of 7 symbols")
    }

    @Test(arguments: [
        ([1: 1, 2: 1, 3: 1], "the lengths of 3 codes do not make a complete code"),
        ([1: 2, 2: 2, 3: 2], "the lengths of 3 codes do not make a complete code"),
        ([1: 1, 2: 2, 3: 3], "the lengths of 3 codes do not make a complete code"),
        ([1: 4, 2: 20, 3: 20], "a code of 20 bits is too long for one of 3 symbols"),
    ])
    func `lengths that are no complete code are refused`(lengths: [Int: Int], expected: String) {
        #expect(reason(ForeignTokenChunk([1, 2, 3], lengths: lengths)) == "chunk 0: \(expected)")
    }

    @Test func `a symbol that is alone has one bit and uses none`() {
        #expect(
            reason(ForeignTokenChunk([5, 5, 5], lengths: [5: 2]))
                == "chunk 0: the lengths of 1 codes do not make a complete code")
        var forged = ForeignTokenChunk([5, 5, 5])
        forged.streams = ["0", "0", "0", ""]
        #expect(reason(forged) == "chunk 0: a stream of tokens does not end at byte 20, as it must")
    }

    @Test func `the letters of a code must be a complete code themselves`() {
        let complete = "chunk 0: the lengths of 22 codes do not make a complete code"
        for (letter, length, expected) in [
            (0, 5, complete), (21, 4, complete), (0, 7, complete),
            (0, 0, "chunk 0: the lengths of 21 codes do not make a complete code"),
        ] {
            var forged = ForeignTokenChunk([1, 2, 300])
            forged.letterLengths[letter] = length
            #expect(reason(forged) == expected)
        }
        var forged = ForeignTokenChunk([1, 2, 300])
        forged.letterLengths = Array(repeating: 0, count: 22)
        #expect(reason(forged) == "chunk 0: a code has no symbols")
    }

    @Test func `an id outside the vocabulary is refused before a token is decoded`() {
        #expect(decoded(ForeignTokenChunk([1, 999_999])) == [1, 999_999])
        #expect(reason(ForeignTokenChunk([1, 1_000_000])) == "chunk 0: a token is outside the vocabulary of 1000000")
        #expect(reason(ForeignTokenChunk([1, 1 << 40])) == "chunk 0: a token is outside the vocabulary of 1000000")
        // A letter that is alone takes no bits, so this number of missing symbols has no end.
        var forged = ForeignTokenChunk([1, 2])
        forged.letterLengths = [1] + Array(repeating: 0, count: 21)
        #expect(reason(forged) == "chunk 0: a token is outside the vocabulary of 1000000")
    }

    @Test func `more symbols than tokens are refused`() {
        var forged = ForeignTokenChunk([1, 2, 3])
        forged.symbolCount = 4
        #expect(reason(forged) == "chunk 0: 3 tokens cannot be 4 different ones")
        forged.symbolCount = 1 << 18
        #expect(reason(forged) == "chunk 0: 3 tokens cannot be 262144 different ones")
    }

    @Test func `every stream ends where it must`() {
        // Three bits for each: 39 or 36 bits in a stream, 5 bytes.
        let tokens = (0..<50).map { $0 * 3 % 8 }
        let chunk = ForeignTokenChunk(tokens)
        #expect(decoded(chunk) == tokens.map { UInt32($0) })
        for stream in 0..<4 {
            var forged = chunk
            forged.streams[stream] += "00000000"
            #expect(reason(forged)?.contains("a stream of tokens does not end") == true)
            forged = chunk
            forged.streams[stream].removeLast(8)
            #expect(reason(forged)?.contains("a stream of tokens does not end") == true)
            forged = chunk
            forged.streams[stream] += "1"
            #expect(reason(forged)?.contains("a stream of tokens does not end") == true)
        }
        for sizes in [[0, 0, 0], [Int](repeating: 1 << 18 - 1, count: 3), [5, 4, 6], [5, 5, 4]] {
            var forged = chunk
            forged.sizes = sizes
            #expect(reason(forged)?.contains("a stream of tokens does not end") == true)
        }
    }

    @Test func `bits that do not count are zero`() {
        var forged = ForeignTokenChunk([1, 2, 300])
        forged.excess = "000000"
        #expect(decoded(forged) == [1, 2, 300])
        forged.excess = "000001"
        #expect(reason(forged) == "chunk 0: the head of a chunk does not end as it must")
        forged.excess = "0000000"
        #expect(reason(forged)?.contains("a stream of tokens does not end") == true)
    }

    @Test func `a chunk that ends anywhere before its end is refused`() {
        let bytes = ForeignTokenChunk((0..<50).map { $0 * 3 % 8 }).bytes.dropLast(4)
        for count in bytes.indices {
            let content = Array(bytes.prefix(count))
            let stored = content + ForeignArchive.Chunk.checksum(content)
            #expect(decoded(ForeignArchive.Chunk(stored: stored, raw: 200)) == nil)
        }
    }

    @Test func `another checksum is refused`() {
        var chunk = ForeignTokenChunk((0..<50).map { $0 * 3 % 8 }).chunk
        #expect(decoded(chunk) != nil)
        for index in chunk.stored.indices {
            chunk.stored[index] ^= 0x10
            #expect(reason(chunk) == "chunk 0: its bytes are damaged")
            chunk.stored[index] ^= 0x10
        }
        chunk.stored = Array(chunk.stored.prefix(3))
        #expect(reason(chunk) == "chunk 0: its bytes are damaged")
    }

    private func payload(_ shard: [UInt8]) -> [UInt8] {
        (try? Archive(shard)).map { Array(shard[$0.chunks[0].offset...]) } ?? []
    }

    private func archive(_ chunk: ForeignArchive.Chunk) -> [UInt8] {
        ForeignArchive(
            manifest: #"{"format":2,"tokenCount":\#(chunk.raw / 4),"vocabulary":1000000}"#, chunks: [chunk]
        ).bytes
    }

    private func decoded(_ chunk: ForeignArchive.Chunk) -> [UInt32]? { try? TokenShard.decode(archive(chunk)) }

    private func decoded(_ chunk: ForeignTokenChunk) -> [UInt32]? { decoded(chunk.chunk) }

    /// Why the chunk is refused; nil if it is not.
    private func reason(_ chunk: ForeignTokenChunk) -> String? { reason(chunk.chunk) }

    private func reason(_ chunk: ForeignArchive.Chunk) -> String? {
        do throws(MalformedArchive) {
            _ = try TokenShard.decode(archive(chunk))
            return nil
        } catch {
            return error.reason
        }
    }
}
