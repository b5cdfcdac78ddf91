/// The compressed bytes around the place where a `GzipReader` reads: some that were read, to go back to, and the next.
struct GzipInput {
    /// How far back the search for a member may begin. A deflate decoder out of step fails within few of its blocks,
    /// which are some ten kilobytes long.
    private static let held = 1 << 18
    private static let block = 1 << 18

    private let source: any ByteSource
    private var bytes = [UInt8](repeating: 0, count: held + block)
    private var position = 0
    private var end = 0
    /// The offset of `bytes[0]` among all bytes of the source.
    private var base = 0
    private var ended = false
    /// What the source threw after it had given some bytes.
    private var failure: UnreadableSource?

    init(_ source: any ByteSource) {
        self.source = source
    }

    /// Of the next byte, among all bytes of the source.
    var offset: Int { base + position }
    /// The offset of the first byte to which one can go back.
    var firstHeld: Int { base }
    /// The next bytes, as far as they are known.
    var rest: ArraySlice<UInt8> { bytes[position..<end] }

    mutating func goBack(to offset: Int) {
        precondition(offset >= base && offset <= self.offset, "these bytes are not held")
        position = offset - base
    }

    /// Lends `rest` and passes as many bytes as the body says.
    mutating func consume(_ body: (UnsafeBufferPointer<UInt8>) -> Int) {
        position += bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[position..<end])) }
    }

    /// Makes `rest` so long, unless the source ends before.
    mutating func need(_ count: Int) throws(UnreadableSource) {
        guard end - position < count, !ended else { return }
        let keep = min(position, Self.held)
        bytes.withUnsafeMutableBufferPointer { bytes in
            for index in 0..<keep + end - position { bytes[index] = bytes[position - keep + index] }
        }
        base += position - keep
        end -= position - keep
        position = keep
        try fill()
    }

    /// Reads until the buffer is full, so that zlib meets the same pieces however the source divides its bytes.
    private mutating func fill() throws(UnreadableSource) {
        if let failure {
            self.failure = nil
            throw failure
        }
        let before = end
        while end < bytes.count {
            let count: Int
            do throws(UnreadableSource) {
                count = try read()
            } catch {
                guard end > before else { throw error }
                failure = error
                return
            }
            ended = count == 0
            guard count > 0 else { return }
            end += count
        }
    }

    private mutating func read() throws(UnreadableSource) -> Int {
        let range = end..<bytes.count
        let result: Result<Int, UnreadableSource> = bytes.withUnsafeMutableBytes { bytes in
            do throws(UnreadableSource) {
                return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[range])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    mutating func skipZeros() throws(UnreadableSource) {
        repeat {
            while position < end, bytes[position] == 0 { position += 1 }
            try need(1)
        } while position < end && bytes[position] == 0
    }

    /// Passes bytes until a header comes next that programs write.
    ///
    /// Eight bytes are looked at (RFC 1952, section 2.3.1), so that compressed bytes look like a header once in 10¹¹:
    /// the magic bytes, method deflate, no reserved flags, extra flags 0, 2 or 4, a known operating system.
    mutating func findMember() throws(UnreadableSource) -> Bool {
        let headerBytes = 10
        while true {
            try need(headerBytes)
            guard end - position >= headerBytes else {
                position = end
                return false
            }
            guard let first = bytes[position..<end - headerBytes + 1].firstIndex(of: GzipReader.magic[0]) else {
                position = end - headerBytes + 1
                continue
            }
            position = first
            let header = bytes[first..<first + headerBytes]
            if GzipReader.begins(header), header[first + 2] == 8, header[first + 3] & 0xE0 == 0,
                [0, 2, 4].contains(header[first + 8]), header[first + 9] < 20 || header[first + 9] == 255
            {
                return true
            }
            position += 1
        }
    }
}
