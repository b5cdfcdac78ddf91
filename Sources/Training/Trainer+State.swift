import Kernels
import LanguageModel
import WorkUnits

/// The saved state of a trainer, all numbers little-endian:
///
/// | bytes | content |
/// |---|---|
/// | 8 | "CARAVAN" and the format, 1 |
/// | 32 | digest of model, settings and tokens |
/// | 8 | steps taken, n |
/// | 4 n | losses |
/// | 4 · 3 P | weights, first moments, second moments |
/// | 32 | digest of all that precedes |
///
/// The batch order needs no place of its own: it follows from the step.
extension Trainer {
    private static let mark: [UInt8] = Array("CARAVAN".utf8) + [1]
    private static let headCount = mark.count + 32 + 8

    static func identity(model: ModelConfiguration, settings: TrainingSettings, tokens: [UInt32]) -> Digest {
        var hasher = DigestHasher()
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

    /// All that is needed to go on as if nothing had happened.
    public func state() -> [UInt8] {
        let parameters = 0..<gpt.weights.buffer.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headCount + 4 * (losses.count + 3 * parameters.count) + 32)
        bytes += Self.mark
        bytes += identity.bytes
        bytes.append(littleEndian: [UInt64(step)])
        bytes.append(littleEndian: losses.map(\.bitPattern))
        for buffer in [gpt.weights.buffer, optimizer.mean, optimizer.square] {
            bytes.append(littleEndian: buffer.values(parameters).map(\.bitPattern))
        }
        return bytes + Digest(of: bytes).bytes
    }

    /// Goes on where a state was saved.
    ///
    /// A state that is refused changes nothing.
    public func restore(_ state: [UInt8]) throws(TrainingFailure) {
        guard state.count >= Self.headCount + 32 else { throw .wrongState("\(state.count) bytes are too few") }
        guard state.starts(with: Self.mark) else { throw .wrongState("it is not a trainer's state of this format") }
        guard Array(state[Self.mark.count..<Self.mark.count + 32]) == identity.bytes else {
            throw .wrongState("it belongs to another work unit")
        }
        let saved = state.integers(UInt64.self, count: 1, at: Self.mark.count + 32)[0]
        guard saved <= UInt64(settings.steps) else { throw .wrongState("it has more steps than the unit") }
        let (steps, parameters) = (Int(saved), gpt.weights.buffer.count)
        guard state.count == Self.headCount + 4 * (steps + 3 * parameters) + 32 else {
            throw .wrongState(
                "\(state.count) bytes are not the size of its \(steps) steps and \(parameters) parameters")
        }
        guard Digest(of: state[..<(state.count - 32)]).bytes == Array(state[(state.count - 32)...]) else {
            throw .wrongState("its bytes are damaged")
        }
        func floats(_ count: Int, at offset: Int) -> [Float] {
            state.integers(UInt32.self, count: count, at: offset).map(Float.init(bitPattern:))
        }
        step = steps
        losses = floats(steps, at: Self.headCount)
        for (index, buffer) in [gpt.weights.buffer, optimizer.mean, optimizer.square].enumerated() {
            buffer.assign(floats(parameters, at: Self.headCount + 4 * (steps + index * parameters)), at: 0)
        }
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
