extension TokenChunk {
    /// - Parameters:
    ///   - count: 1 ... `maximumTokens`, the tokens that the chunk must have.
    ///   - vocabulary: every id must be below it.
    static func decode(_ bytes: [UInt8], count: Int, vocabulary: Int) throws(MalformedArchive) -> [UInt32] {
        let content = bytes.dropLast(checksumBytes)
        guard bytes.suffix(checksumBytes) == bigEndian(Adler32.checksum(content))[...] else {
            throw MalformedArchive("its bytes are damaged")
        }
        var head = BitReader(content)
        let code = try PrefixCode(from: &head, atMost: count, below: vocabulary)
        let sizes = (1..<streams).map { _ in head.read(sizeBits) }
        guard head.align() else { throw MalformedArchive("the head of a chunk does not end as it must") }
        var starts = [head.position / 8]
        for size in sizes { starts.append(starts[starts.count - 1] + size) }

        var positions = starts.map { $0 * 8 }
        let tokens = head.withBits { decode($0, at: &positions, count: count, code: code) }
        for (end, position) in zip(starts.dropFirst() + [head.byteCount], positions) {
            guard head.isEnd(end, of: position) else {
                throw MalformedArchive("a stream of tokens does not end at byte \(end), as it must")
            }
        }
        return tokens
    }

    /// - Parameter positions: of the bits of every stream; afterwards those of the first bits that were not decoded.
    /// - Returns: `count` tokens. Token i is of stream i mod 4.
    private static func decode(_ bits: Bits, at positions: inout [Int], count: Int, code: PrefixCode) -> [UInt32] {
        let shift = UInt64(64 - code.width)
        let table = code.decodingTable()
        return [UInt32](unsafeUninitializedCapacity: count) { tokens, initialized in
            table.withUnsafeBufferPointer { table in
                /// Decodes tokens `index` and `index` + 4 of a stream, from one window: two codes have 40 bits at most.
                @inline(__always)
                func decodePair(_ position: inout Int, _ index: Int) {
                    // SAFETY: a window shifted to `width` bits is below 2^width, the size of the table, and
                    // index + 4 < count.
                    let window = bits.window(at: position)
                    let first = table[Int(truncatingIfNeeded: window &>> shift)]
                    let rest = window &<< UInt64(truncatingIfNeeded: first.length)
                    let second = table[Int(truncatingIfNeeded: rest &>> shift)]
                    tokens[index] = first.value
                    tokens[index &+ streams] = second.value
                    position &+= first.length &+ second.length
                }
                var (a, b, c, d) = (positions[0], positions[1], positions[2], positions[3])
                let paired = count & ~(2 * streams - 1)
                var index = 0
                while index < paired {
                    decodePair(&a, index)
                    decodePair(&b, index &+ 1)
                    decodePair(&c, index &+ 2)
                    decodePair(&d, index &+ 3)
                    index &+= 2 &* streams
                }
                positions = [a, b, c, d]
                for index in paired..<count {
                    let cell = table[Int(bits.window(at: positions[index % streams]) >> shift)]
                    tokens[index] = cell.value
                    positions[index % streams] += cell.length
                }
            }
            initialized = count
        }
    }
}
