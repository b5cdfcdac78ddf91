import LanguageModel
import WorkUnits

/// A checkpoint's weights: a safetensors file of float32 whose metadata names the model.
///
/// Accepts exactly what `WeightsWriter` writes, so the same weights have one digest. Opening reads and checks the header
/// against the model's parameter layout; numbers are read when asked for, as they were written, also NaN.
public struct WeightsFile: Sendable {
    public let model: ModelConfiguration
    public let layout: ParameterLayout
    private let bytes: any RandomAccessBytes
    private let dataOffset: Int

    public init(_ bytes: any RandomAccessBytes) throws(MalformedCheckpoint) {
        let json = try Self.headerJSON(bytes)
        let document: WeightsHeader.Document
        let header: WeightsHeader
        do {
            document = try CanonicalJSON.decode(
                WeightsHeader.Document.self, from: json.withoutPadding, limit: WeightsHeader.maximumBytes)
            header = try WeightsHeader(
                try CanonicalJSON.decode(ModelConfiguration.self, from: Array(document.metadata.model.utf8)))
        } catch {
            throw MalformedCheckpoint("header: \(error)")
        }
        try header.check(document)
        guard json.count.isMultiple(of: 8), json.count - json.withoutPadding.count < 8 else {
            throw MalformedCheckpoint("the header is not padded to the next multiple of 8 bytes")
        }
        dataOffset = 8 + json.count
        guard bytes.count == dataOffset + 4 * header.layout.count else {
            throw MalformedCheckpoint(
                "\(header.layout.count) weights make it \(dataOffset + 4 * header.layout.count) bytes, not \(bytes.count)"
            )
        }
        model = header.model
        layout = header.layout
        self.bytes = bytes
    }

    /// - Parameter range: parameters by their place in the layout, within 0 ..< `layout.count`.
    public func values(_ range: Range<Int>) throws(MalformedCheckpoint) -> [Float] {
        var failure: MalformedCheckpoint?
        let values = [Float](unsafeUninitializedCapacity: range.count) { values, initialized in
            do throws(MalformedCheckpoint) {
                try read(
                    first: range.lowerBound,
                    into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: values[..<range.count])))
            } catch {
                failure = error
                return
            }
            initialized = range.count
            for index in 0..<range.count {
                values[index] = Float(bitPattern: UInt32(littleEndian: values[index].bitPattern))
            }
        }
        if let failure { throw failure }
        return values
    }

    /// All parameters in layout order: `4 · layout.count` bytes of memory.
    public func all() throws(MalformedCheckpoint) -> [Float] {
        try values(0..<layout.count)
    }

    /// The bytes before the weights.
    public func head() throws(MalformedCheckpoint) -> [UInt8] {
        try bytes.checkpointed(dataOffset, at: 0)
    }

    /// The weights' own bytes: four for each, the least significant first.
    ///
    /// - Parameters:
    ///   - first: the first parameter, by its place in the layout.
    ///   - memory: four bytes for each parameter, no more than there are from `first` on.
    public func read(first: Int, into memory: UnsafeMutableRawBufferPointer) throws(MalformedCheckpoint) {
        precondition(first >= 0 && 4 * first + memory.count <= 4 * layout.count, "no such parameters")
        do {
            try bytes.read(into: memory, at: dataOffset + 4 * first)
        } catch {
            throw MalformedCheckpoint(error.description)
        }
    }

    private static func headerJSON(_ bytes: any RandomAccessBytes) throws(MalformedCheckpoint) -> [UInt8] {
        guard bytes.count >= 8 else {
            throw MalformedCheckpoint("\(bytes.count) bytes are not a safetensors file")
        }
        let length = try bytes.checkpointed(8, at: 0).littleEndian(UInt64.self, at: 0)
        guard length <= WeightsHeader.maximumBytes, Int(length) <= bytes.count - 8 else {
            throw MalformedCheckpoint(
                "a header of \(length) bytes does not fit: this is not a checkpoint's safetensors")
        }
        return try bytes.checkpointed(Int(length), at: 8)
    }
}

extension WeightsHeader {
    /// Refuses a document that describes other tensors than the model has.
    fileprivate func check(_ document: Document) throws(MalformedCheckpoint) {
        guard let expected = try? self.document() else { throw MalformedCheckpoint("its model cannot be described") }
        for tensor in layout.tensors {
            guard let found = document.tensors[tensor.name] else {
                throw MalformedCheckpoint("tensor \(tensor.name) is missing")
            }
            guard let wanted = expected.tensors[tensor.name], found == wanted else {
                throw MalformedCheckpoint(
                    "tensor \(tensor.name) is \(found.dtype) \(found.shape) at \(found.data_offsets), "
                        + "not F32 \(tensor.shape) at \([4 * tensor.range.lowerBound, 4 * tensor.range.upperBound])")
            }
        }
        guard document == expected else {
            let unknown = document.tensors.keys.filter { expected.tensors[$0] == nil }.min()
            throw MalformedCheckpoint(unknown.map { "tensor \($0) is not one of the model's" } ?? "its metadata differ")
        }
    }
}

extension [UInt8] {
    fileprivate var withoutPadding: [UInt8] {
        Array(prefix((lastIndex { $0 != UInt8(ascii: " ") } ?? -1) + 1))
    }
}

/// A file that is not the checkpoint it should be, and why.
public struct MalformedCheckpoint: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "malformed checkpoint: \(reason)" }
}

extension RandomAccessBytes {
    fileprivate func checkpointed(_ count: Int, at offset: Int) throws(MalformedCheckpoint) -> [UInt8] {
        do {
            return try read(count, at: offset)
        } catch {
            throw MalformedCheckpoint(error.description)
        }
    }
}
