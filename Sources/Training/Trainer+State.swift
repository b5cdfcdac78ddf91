import Kernels
import LanguageModel
import WorkUnits

/// The saved state of a trainer, all numbers little-endian:
///
/// | bytes | content |
/// |---|---|
/// | 8 | "CARAVAN" and the format, 2 |
/// | 32 | digest of model, settings and tokens |
/// | 8 | steps taken, n |
/// | 4 n | losses |
/// | 32 t | the trace, t digests as n says |
/// | 4 (2 P + Q) | weights, first moments (Muon's momentum), second moments of what AdamW moves |
/// | 32 | digest of all that precedes |
///
/// The batch order needs no place of its own: it follows from the step.
extension Trainer {
    private static let mark: [UInt8] = Array("CARAVAN".utf8) + [2]
    private static let headCount = mark.count + 32 + 8

    static func identity(model: ModelConfiguration, settings: TrainingSettings, tokens: [UInt32]) -> Digest {
        var (hasher, settings) = (DigestHasher(), settings)
        // Changes no bit: a state may be restored where there is more memory, or less.
        settings.recompute = .none
        // Numbers and names only: always encodable.
        for document in [try? CanonicalJSON.encode(model), try? CanonicalJSON.encode(settings)] {
            hasher.update(document ?? [])
        }
        for start in stride(from: 0, to: tokens.count, by: 1 << 16) {
            var bytes: [UInt8] = []
            bytes.append(littleEndian: tokens[start..<min(start + 1 << 16, tokens.count)])
            hasher.update(bytes)
        }
        return hasher.finish()
    }

    /// Writes all that is needed to go on as if nothing had happened, a few megabytes at a time.
    public func writeState(_ write: ([UInt8]) throws -> Void) rethrows {
        var hasher = DigestHasher()
        func append(_ bytes: [UInt8]) throws {
            hasher.update(bytes)
            try write(bytes)
        }
        var head = Self.mark + identity.bytes
        head.append(littleEndian: [UInt64(step)])
        head.append(littleEndian: losses.map(\.bitPattern))
        head += trace.weights.flatMap(\.bytes)
        try append(head)
        for buffer in stateBuffers {
            for range in buffer.pieces {
                var bytes: [UInt8] = []
                bytes.reserveCapacity(4 * range.count)
                bytes.append(littleEndian: buffer.values(range).map(\.bitPattern))
                try append(bytes)
            }
        }
        try write(hasher.finish().bytes)
    }

    /// All of the state at once.
    public func state() -> [UInt8] {
        var bytes: [UInt8] = []
        writeState { bytes += $0 }
        return bytes
    }

    /// What a state holds beside the losses, in its order.
    private var stateBuffers: [FloatBuffer] { [gpt.weights.buffer, optimizer.mean, optimizer.square] }

    /// Goes on where a state was saved, which begins at `offset` and ends with the bytes.
    ///
    /// A state that is refused changes nothing.
    public func restore(_ state: some RandomAccessBytes, at offset: Int = 0) throws(TrainingFailure) {
        let (size, numbers) = (state.count - offset, stateBuffers.reduce(0) { $0 + $1.count })
        func read(_ count: Int, at place: Int) throws(TrainingFailure) -> [UInt8] {
            do {
                return try state.read(count, at: offset + place)
            } catch {
                throw .wrongState(error.description)
            }
        }
        guard size >= Self.headCount + 32 else { throw .wrongState("\(size) bytes are too few") }
        let head = try read(Self.headCount, at: 0)
        guard head.starts(with: Self.mark) else { throw .wrongState("it is not a trainer's state of this format") }
        guard Array(head[Self.mark.count..<Self.mark.count + 32]) == identity.bytes else {
            throw .wrongState("it belongs to another work unit")
        }
        let saved = head.integers(UInt64.self, count: 1, at: Self.mark.count + 32)[0]
        guard saved <= UInt64(settings.steps) else { throw .wrongState("it has more steps than the unit") }
        let steps = Int(saved)
        let digests = (0...steps).count { $0 > 0 && TrainingTrace.isDue(after: $0, of: settings.steps) }
        guard size == Self.headCount + 4 * (steps + numbers) + 32 * (digests + 1) else {
            throw .wrongState("\(size) bytes are not the size of its \(steps) steps and \(numbers) numbers")
        }
        var hasher = DigestHasher()
        for start in stride(from: 0, to: size - 32, by: 1 << 22) {
            hasher.update(try read(min(1 << 22, size - 32 - start), at: start))
        }
        guard hasher.finish().bytes == (try read(32, at: size - 32)) else { throw .wrongState("its bytes are damaged") }

        func floats(_ count: Int, at place: Int) throws(TrainingFailure) -> [Float] {
            try read(4 * count, at: place).integers(UInt32.self, count: count, at: 0).map(Float.init(bitPattern:))
        }
        let restored = try floats(steps, at: Self.headCount)
        var place = Self.headCount + 4 * steps
        let traced = try read(32 * digests, at: place)
        place += traced.count
        for buffer in stateBuffers {
            for range in buffer.pieces {
                buffer.assign(try floats(range.count, at: place), at: range.lowerBound)
                place += 4 * range.count
            }
        }
        step = steps
        losses = restored
        trace = TrainingTrace(
            stride(from: 0, to: traced.count, by: 32).compactMap { Digest(bytes: Array(traced[$0..<$0 + 32])) })
    }
}

extension [UInt8] {
    fileprivate mutating func append<Number: FixedWidthInteger>(littleEndian numbers: some Sequence<Number>) {
        for number in numbers { Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) } }
    }

    fileprivate func integers<Number: FixedWidthInteger>(_ type: Number.Type, count: Int, at offset: Int) -> [Number] {
        withUnsafeBytes { bytes in
            (0..<count).map {
                Number(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset + $0 * MemoryLayout<Number>.size, as: type)
                )
            }
        }
    }
}
