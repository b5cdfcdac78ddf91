import CZlib

/// zlib streams (RFC 1950) in one call each way, bounded by the caller.
public enum Zlib {
    /// More than any encoder needs for `raw` bytes.
    public static func bound(_ raw: Int) -> Int { raw + raw / 256 + 64 }

    /// One whole stream, which `inflate` reads back. The same zlib gives the same bytes.
    ///
    /// Level 6, strategy RLE: for byte planes of numbers, where only runs repeat, 2% smaller than the default strategy, which
    /// spends codes on chance repetitions, in a sixth of its time.
    public static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var stream = z_stream()
        let status = deflateInit2_(
            &stream, 6, Z_DEFLATED, MAX_WBITS, 8, Z_RLE, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has no memory")
        defer { deflateEnd(&stream) }
        let finished = run(&stream, bytes, capacity: Int(deflateBound(&stream, UInt(bytes.count)))) {
            CZlib.deflate(&$0, Z_FINISH)
        }
        guard let finished else { preconditionFailure("deflateBound is enough for any bytes") }
        return finished
    }

    /// - Returns: nil unless `bytes` is one whole zlib stream of exactly `size` bytes; writes no more than those.
    public static func inflate(_ bytes: [UInt8], size: Int) -> [UInt8]? {
        var stream = z_stream()
        let status = inflateInit_(&stream, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        precondition(status == Z_OK, "zlib has no memory")
        defer { inflateEnd(&stream) }
        let inflated = run(&stream, bytes, capacity: size) { CZlib.inflate(&$0, Z_FINISH) }
        return inflated?.count == size ? inflated : nil
    }

    /// What one step writes into `capacity` bytes, or nil unless the stream ends there and with the last input byte.
    private static func run(
        _ stream: inout z_stream, _ input: [UInt8], capacity: Int, step: (inout z_stream) -> Int32
    ) -> [UInt8]? {
        var input = input
        var status = Z_OK
        let output = [UInt8](unsafeUninitializedCapacity: capacity) { output, count in
            input.withUnsafeMutableBufferPointer { input in
                // SAFETY: zlib reads avail_in and writes avail_out bytes, the sizes of the two buffers.
                stream.next_in = input.baseAddress
                stream.avail_in = UInt32(input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(capacity)
                status = step(&stream)
                count = capacity - Int(stream.avail_out)
            }
        }
        return status == Z_STREAM_END && stream.avail_in == 0 ? output : nil
    }
}
