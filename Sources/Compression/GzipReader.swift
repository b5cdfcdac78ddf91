import CZlib

/// Inflates gzip (RFC 1952) as it arrives, member after member, and goes on behind a broken one.
///
/// Bytes are handed out before their member's checksum is seen: a member whose checksum fails has been handed out whole.
/// Memory is constant; what the members inflate to is unbounded, so whoever reads on bounds what it keeps. The pieces
/// do not depend on how the source divides its bytes.
public final class GzipReader {
    public enum Piece: Hashable, Sendable {
        /// So many bytes were written; they follow the piece before.
        case bytes(Int)
        /// The text breaks off here. The bytes of the next piece begin another member.
        case broken(BrokenMember)
        case end
    }

    /// A member that cannot be read to its end, or bytes between members that are none.
    public struct BrokenMember: Hashable, Sendable {
        /// Where it begins in the compressed bytes.
        public var offset: Int
        public var reason: String
    }

    enum State {
        /// A member, padding or the end comes next.
        case between
        /// In the member that begins at this offset.
        case inside(offset: Int)
        /// The bytes before the break were handed out, the break itself was not.
        case breaking(BrokenMember, resumption: Int)
        /// Looks for the next member.
        case lost
    }

    var input: GzipInput
    var state = State.between
    var members = 0
    /// How many compressed bytes were read a second time, behind breaks.
    var reread = 0
    /// zlib keeps the address of its stream, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    public init(_ source: any ByteSource) {
        input = GzipInput(source)
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 16 more than the window's bits: a gzip header and trailer are expected.
        let status = inflateInit2_(stream, MAX_WBITS + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has no memory")
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// Whether these first bytes are those of a gzip member.
    public static func begins(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: magic) }

    static let magic: [UInt8] = [0x1F, 0x8B]

    /// The next piece. Writes into the buffer, which is not empty, from its beginning.
    ///
    /// - Throws: what the source throws. A later call asks it again.
    public func read(into output: UnsafeMutableRawBufferPointer) throws(UnreadableSource) -> Piece {
        while true {
            switch state {
            case .between:
                if let piece = try beginMember() { return piece }
            case .inside(let offset):
                let count = try inflate(into: output, offset: offset)
                if count > 0 { return .bytes(count) }
            case .breaking(let member, let resumption):
                input.goBack(to: resumption)
                state = .lost
                return .broken(member)
            case .lost:
                guard try input.findMember() else { return .end }
                enterMember()
            }
        }
    }

    /// Passes zero bytes, which tapes and some programs append, and enters the next member.
    private func beginMember() throws(UnreadableSource) -> Piece? {
        if members > 0 { try input.skipZeros() }
        try input.need(Self.magic.count)
        guard Self.begins(input.rest) else {
            if input.rest.isEmpty && members > 0 { return .end }
            let reason = members > 0 ? "bytes follow that are no member" : "no gzip member begins here"
            state = .breaking(BrokenMember(offset: input.offset, reason: reason), resumption: input.offset)
            return nil
        }
        enterMember()
        return nil
    }

    private func enterMember() {
        inflateReset(stream)
        members += 1
        state = .inside(offset: input.offset)
    }

    /// - Returns: how many bytes were written; 0 when the member's state changed first.
    private func inflate(into output: UnsafeMutableRawBufferPointer, offset: Int) throws(UnreadableSource) -> Int {
        try input.need(1)
        guard !input.rest.isEmpty else {
            breakMember(at: offset, reason: "it is cut off")
            return 0
        }
        var status = Z_OK
        let capacity = min(output.count, Int(Int32.max))
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(capacity)
        input.consume { input in
            // SAFETY: zlib reads avail_in and writes avail_out bytes, the sizes of the two buffers, neither beyond 2³¹.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            status = CZlib.inflate(stream, Z_NO_FLUSH)
            return input.count - Int(stream.pointee.avail_in)
        }
        switch status {
        case Z_OK, Z_BUF_ERROR: break
        case Z_STREAM_END: state = .between
        default:
            breakMember(at: offset, reason: stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
        }
        return capacity - Int(stream.pointee.avail_out)
    }

    /// Chooses where the search for the next member begins.
    ///
    /// Damage is noticed late: what was read as the rest of this member may hold the next ones. So the search goes back,
    /// unless the next one begins right here. It goes back no farther, together, than reading came forward, which bounds
    /// the work on hostile bytes to twice their length.
    private func breakMember(at offset: Int, reason: String) {
        let nearest = min(input.offset, max(offset + 1, reread, input.firstHeld))
        let resumption = Self.begins(input.rest) ? input.offset : nearest
        reread += input.offset - resumption
        state = .breaking(BrokenMember(offset: offset, reason: reason), resumption: resumption)
    }
}
