import LanguageModel
import WorkUnits

/// Writes a checkpoint's weights as they come: memory does not depend on the model's size.
///
/// The file is whole once `finish` has returned; until then it is removed again when the writer goes.
public final class WeightsWriter {
    /// What was written: the file's digest and size.
    public struct Finished: Hashable, Sendable {
        public var digest: Digest
        public var bytes: Int
    }

    public let model: ModelConfiguration
    public let layout: ParameterLayout
    /// Parameters so far.
    public private(set) var count = 0
    private var file: DurableFile
    private var isFinished = false
    private var hasher = DigestHasher()

    /// - Parameters:
    ///   - path: created, or overwritten.
    ///   - isScratch: as of `DurableFile`.
    public init(path: String, model: ModelConfiguration, isScratch: Bool = false) throws {
        let header = try WeightsHeader(model)
        self.model = model
        layout = header.layout
        file = try DurableFile(path: path, isEmptied: true, isScratch: isScratch)
        try header.bytes().withUnsafeBytes(write)
    }

    deinit {
        if !isFinished { try? DurableFile.remove(file.path) }
    }

    /// - Parameter values: the next parameters in layout order, any number of them.
    public func append(_ values: [Float]) throws {
        guard values.count <= layout.count - count else {
            throw MalformedCheckpoint("\(count + values.count) weights are more than the model's \(layout.count)")
        }
        try values.withLittleEndianBytes(write)
        count += values.count
    }

    /// Makes the file's bytes durable; its name in the folder is for the caller to sync.
    public func finish() throws -> Finished {
        guard count == layout.count else {
            throw MalformedCheckpoint("\(count) weights are fewer than the model's \(layout.count)")
        }
        try file.sync()
        isFinished = true
        return Finished(digest: hasher.finish(), bytes: file.size)
    }

    private func write(_ next: UnsafeRawBufferPointer) throws {
        try file.append(next)
        hasher.update(next)
        // The disk writes while the next ones are computed.
        file.startSync()
    }
}
