import Compression

/// The part of a text that is being read: bytes that were supplied and not yet dropped.
///
/// Positions count from the first byte still held. The window grows with what is kept in it, so whoever asks for more
/// bounds that.
struct TextWindow {
    /// What lies behind the last byte.
    enum Boundary {
        case end
        /// The text breaks off; behind it another one begins.
        case broken(GzipReader.BrokenMember)
        case failed(UnreadableSource)
    }

    let source: String
    /// nil as long as there may be more bytes.
    private(set) var boundary: Boundary?
    private let supply: TextSupply
    private let limit: Int
    private var storage = [UInt8](repeating: 0, count: block)
    private var start = 0
    private var end = 0
    private var byte = 0
    private var line = 1

    private static let block = 1 << 17

    /// - Parameter limit: how much readers hold at most before they drop something.
    init(_ supply: TextSupply, source: String, limit: Int) {
        self.supply = supply
        self.source = source
        self.limit = limit
    }

    var count: Int { end - start }

    /// Lends the bytes held.
    @inline(__always)
    func read<Result, Failure: Error>(_ body: (Span<UInt8>) throws(Failure) -> Result) throws(Failure) -> Result {
        try body(storage.span.extracting(start..<end))
    }

    /// The first such byte at or behind a position.
    func firstIndex(of byte: UInt8, from position: Int) -> Int? {
        storage.span.extracting(start..<end).firstIndex(of: byte, from: position)
    }

    subscript(position: Int) -> UInt8 { storage[start + position] }

    /// Supplies at least one more byte.
    ///
    /// - Returns: false at a boundary, which `passBoundary` passes.
    mutating func fill() -> Bool {
        guard boundary == nil else { return false }
        if end == storage.count { makeRoom() }
        do throws(UnreadableSource) {
            switch try supply(into: end..<storage.count) {
            case .bytes(let count): end += count
            case .broken(let member): boundary = .broken(member)
            case .end: boundary = .end
            }
        } catch {
            boundary = .failed(error)
        }
        return boundary == nil
    }

    /// What the boundary costs; nil at the end.
    var boundaryProblem: ReadingProblem? {
        switch boundary {
        case nil, .end: nil
        case .broken(let member): ReadingProblem(.brokenGzip(member), at: origin())
        case .failed(let failure): ReadingProblem(.unreadable(reason: failure.reason), at: origin())
        }
    }

    /// Whether what is held ends with the text, and not at a place where the text breaks off.
    var isAtEnd: Bool { if case .end = boundary { true } else { false } }

    /// Goes on behind a broken place, once all before it was dropped; a failure becomes the end.
    mutating func passBoundary() {
        precondition(count == 0, "what lies before the boundary was not dropped")
        switch boundary {
        case .broken: boundary = nil
        case .failed: boundary = .end
        case .end, nil: break
        }
    }

    /// Moves what is held to the front, into twice the room if it fills more than half, though not beyond the limit.
    private mutating func makeRoom() {
        let held = count
        if held > storage.count / 2, storage.count < limit + Self.block || held == storage.count {
            let room = max(min(2 * storage.count, limit + Self.block), held + Self.block)
            var larger = [UInt8](repeating: 0, count: room)
            larger.replaceSubrange(..<held, with: storage[start..<end])
            storage = larger
        } else {
            storage.withUnsafeMutableBytes { storage in
                let bytes = UnsafeRawBufferPointer(rebasing: storage[start..<end])
                // May overlap, which copyMemory allows.
                UnsafeMutableRawBufferPointer(rebasing: storage[..<held]).copyMemory(from: bytes)
            }
        }
        (start, end) = (0, held)
    }

    private mutating func supply(into range: Range<Int>) throws(UnreadableSource) -> TextSupply.Piece {
        let result: Result<TextSupply.Piece, UnreadableSource> = storage.withUnsafeMutableBytes { bytes in
            do throws(UnreadableSource) {
                return .success(try supply.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[range])))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Forgets the first bytes.
    mutating func drop(_ count: Int) {
        line += storage.span.extracting(start..<start + count).count(of: .lineFeed)
        byte += count
        start += count
        if start == end { (start, end) = (0, 0) }
    }

    /// Drops to the end of the first line that ends at or behind a position: in any case something, unless nothing comes.
    mutating func dropLine(from position: Int) {
        var searched = position
        while true {
            if searched <= count, let lineFeed = firstIndex(of: .lineFeed, from: searched) {
                return drop(lineFeed + 1)
            }
            searched = max(searched - count, 0)
            drop(count)
            guard fill() else { return }
        }
    }

    /// Where a byte that is held was found.
    func origin(of position: Int = 0) -> Origin {
        let before = storage.span.extracting(start..<start + position).count(of: .lineFeed)
        return Origin(source: source, line: line + before, byte: byte + position)
    }
}
