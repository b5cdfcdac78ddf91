/// An update whose payloads are inflated already, in a file that its judge wrote: a copy to merge from at the speed of memory.
///
/// Inflating takes nine tenths of reading an update, and a judge does it anyway. The blob stays the truth: this file can go at
/// any time, its checksums are in memory alone, and what does not agree with them is inflated from the blob again. So a
/// coordinator that was stopped begins without such files, and neither a torn write nor another program's bytes are merged.
///
/// The file has the payloads of slices of 2^16 parameters, one after the other, each as the codec would have written these
/// alone. A slice of each of eight updates and its sums fit into a processor's second cache.
public struct InflatedUpdate: Sendable {
    /// Parameters in every slice but the last; a chunk of an archive has a whole number of them.
    public static let sliceValues = 1 << 16

    /// Bytes in the file: 0.51 for each parameter with `int4`, 1.01 with `int8`, 2 with `bfloat16`, 4 with `float32`.
    public let size: Int
    public let path: String
    private let codec: UpdateCodec
    private let parameterCount: Int
    /// Of each slice.
    private let checksums: [Checksum]
    /// Open as long as this lives; nil if it is opened for each reading.
    private var file: FileBytes?

    /// Whether updates of this codec have such a form. `topK` is inflated in no time.
    public static func exists(for codec: UpdateCodec) -> Bool { codec != .topK }

    /// - Parameter slice: at multiples of `sliceValues`.
    /// - Returns: nil when the file is gone or damaged.
    public func payload(ofSliceAt first: Int) -> UpdatePayload? {
        let index = first / Self.sliceValues
        precondition(first.isMultiple(of: Self.sliceValues) && checksums.indices.contains(index), "no such slice")
        let count = min(Self.sliceValues, parameterCount - first)
        guard
            let payload = try? (file ?? FileBytes(path: path)).read(
                codec.payloadBytes(count).lowerBound, at: index * codec.payloadBytes(Self.sliceValues).lowerBound),
            Checksum(of: payload) == checksums[index]
        else { return nil }
        return UpdatePayload(sound: payload, codec: codec, count: count)
    }

    /// The differences of some parameters.
    ///
    /// - Returns: nil when the file is gone or damaged.
    public func values(_ range: Range<Int>) -> ArraySlice<Float>? {
        let start = range.lowerBound / Self.sliceValues * Self.sliceValues
        var values: [Float] = []
        for first in stride(from: start, to: range.upperBound, by: Self.sliceValues) {
            guard let slice = payload(ofSliceAt: first)?.values else { return nil }
            values += slice
        }
        return values[range.lowerBound - start..<range.upperBound - start]
    }

    /// The same, with the file open if it is there: saves opening it for each of many readings.
    public func opened() -> InflatedUpdate {
        var opened = self
        opened.file = try? FileBytes(path: path)
        return opened
    }
}

extension InflatedUpdate {
    /// Writes the file chunk by chunk. It is not synced: nothing of it is read after the machine has stopped.
    public struct Writer: ~Copyable {
        private var file: DurableFile
        private let codec: UpdateCodec
        private var parameterCount = 0
        private var checksums: [Checksum] = []

        /// - Parameter codec: one for which the form exists.
        public init(path: String, codec: UpdateCodec) throws(FileFailure) {
            precondition(InflatedUpdate.exists(for: codec), "\(codec) has no inflated form")
            file = try DurableFile(path: path, permissions: 0o600, isEmptied: true)
            self.codec = codec
        }

        /// - Parameter payload: of an archive's next chunk, found sound.
        public mutating func append(_ payload: [UInt8], count: Int) throws(FileFailure) {
            for start in stride(from: 0, to: count, by: InflatedUpdate.sliceValues) {
                let slice = codec.part(
                    start..<min(start + InflatedUpdate.sliceValues, count), ofPayload: payload, count: count)
                checksums.append(Checksum(of: slice))
                try file.append(slice)
            }
            parameterCount += count
        }

        public consuming func finish() -> InflatedUpdate {
            InflatedUpdate(
                size: file.size, path: file.path, codec: codec, parameterCount: parameterCount, checksums: checksums)
        }
    }
}

extension UpdateCodec {
    /// The payload of some of a payload's values.
    ///
    /// - Parameter range: begins at a multiple of 256, and ends at one or at the last value.
    func part(_ range: Range<Int>, ofPayload payload: [UInt8], count: Int) -> [UInt8] {
        var part: [UInt8] = []
        part.reserveCapacity(payloadBytes(range.count).upperBound)
        var offset = 0
        for values in valuesPerByte {
            part += payload[offset + range.lowerBound / values..<offset + (range.upperBound + values - 1) / values]
            offset += (count + values - 1) / values
        }
        return part
    }

    /// How many values a byte of each of the payload's planes belongs to.
    private var valuesPerByte: [Int] {
        switch self {
        case .float32: [1, 1, 1, 1]
        case .bfloat16: [1, 1]
        case .int8: [BlockCodec.blockValues, BlockCodec.blockValues, 1]
        case .int4: [BlockCodec.blockValues, BlockCodec.blockValues, 2]
        case .topK: preconditionFailure("bits of indices have no place of their own")
        }
    }
}
