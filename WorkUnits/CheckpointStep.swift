/// The step from one version to the next: an archive like an update's, of what a merge changed, rounded by its codec.
///
///     next version = previous version + decode(step)
///
/// In single precision, one addition for each parameter. The next version is *defined* so, for a step that was taken exactly
/// would be no smaller than the weights. Whoever has the previous version fetches the step and has the next, bit for bit.
public enum CheckpointStep {
    /// The manifest of a step's archive: its unit and its base are both the weights that it begins from.
    ///
    /// - Parameter tokens: those of the contributions that were merged.
    public static func manifest(
        from previous: Digest, parameterCount: Int, codec: UpdateCodec, tokens: Int
    ) -> UpdateManifest {
        UpdateManifest(
            unit: previous, base: previous, parameterCount: parameterCount, codec: codec, tokens: tokens, losses: [])
    }

    /// The next version's weights of some parameters.
    public static func apply(_ step: [Float], to weights: [Float]) -> [Float] {
        zip(weights, step).map { $0 + $1 }
    }

    /// Makes one file of weights from another, a chunk at a time.
    ///
    /// What comes out is as trustworthy as what goes in: hold its digest against the one that is wanted.
    ///
    /// - Parameters:
    ///   - steps: from the version of `weights` on, each beginning where the one before ended.
    ///   - weights: a file as FORMAT.md describes it.
    ///   - write: takes the new file's bytes in order.
    /// - Throws: `MalformedArchive` for a step that does not fit or cannot be read, `UnreadableBytes`, and what `write` throws.
    public static func apply(
        _ steps: [UpdateArchive], to weights: any RandomAccessBytes, write: ([UInt8]) throws -> Void
    ) throws {
        let head = try weightsHead(weights)
        guard steps.allSatisfy({ 4 * $0.manifest.parameterCount == weights.count - head.count }) else {
            throw MalformedArchive("the step is of another model than the weights")
        }
        try write(head)
        for (chunk, range) in UpdateArchive.ranges(of: (weights.count - head.count) / 4).enumerated() {
            var values = [Float](littleEndian: try weights.read(4 * range.count, at: head.count + 4 * range.lowerBound))
            for step in steps { values = apply(try step.values(ofChunk: chunk), to: values) }
            try write([UInt8](littleEndian: values))
        }
    }

    /// The bytes before the numbers, which begin with how many they are.
    private static func weightsHead(_ weights: any RandomAccessBytes) throws -> [UInt8] {
        let length = try weights.read(8, at: 0).littleEndian(UInt64.self, at: 0)
        guard length <= 1 << 20 else {
            throw UnreadableBytes(reason: "a header of \(length) bytes is no weights file's")
        }
        return try weights.read(8 + Int(length), at: 0)
    }
}
