/// What a lossy codec has held back so far, to be sent with later updates (Seide et al., 2014, section 3.2; Karimireddy et
/// al., 2019, algorithm 2): nothing that was learned is lost, it comes later.
///
///     sent     = decode(encode(difference + residual))
///     residual = difference + residual − sent
///
/// In single precision. So over any number of updates, what was sent and the last residual add up to the differences, but
/// for one rounding of each step. It is a host's own state, and lasts as long as the host stays in the run.
public struct ErrorFeedback: Hashable, Sendable {
    /// For every parameter, in the order of the layout; finite.
    public private(set) var residual: [Float]

    /// Nothing is held back.
    public init(parameterCount: Int) {
        residual = [Float](repeating: 0, count: parameterCount)
    }

    /// - Returns: nil when a value is not finite.
    init?(residual: [Float]) {
        guard residual.allSatisfy(\.isFinite) else { return nil }
        self.residual = residual
    }

    /// Of the residual's numbers, little-endian: names a state, so that a chain of updates can be recomputed.
    public var digest: Digest {
        var hasher = DigestHasher()
        for range in UpdateArchive.ranges(of: residual.count) {
            hasher.update([UInt8](littleEndian: Array(residual[range])))
        }
        return hasher.finish()
    }

    /// The archive of an update, with what was held back; from now on, what it leaves out is held back.
    ///
    /// - Parameters:
    ///   - manifest: its `feedback` is filled in here.
    ///   - difference: the values of some parameters, a chunk at a time.
    /// - Throws: what `difference` throws; `MalformedArchive` when the counts differ; `UnencodableUpdate` for a sum that is
    ///   not finite or beyond `UpdateCodec.largestMagnitude`. Then the residual is as it was.
    public mutating func encode(
        _ manifest: UpdateManifest, difference: (Range<Int>) throws -> [Float]
    ) throws -> [UInt8] {
        try manifest.check()
        guard manifest.parameterCount == residual.count else {
            throw MalformedArchive(
                "\(residual.count) held back for a manifest of \(manifest.parameterCount) parameters")
        }
        var next = ErrorFeedback(parameterCount: 0)
        next.residual.reserveCapacity(residual.count)
        let chunks = try UpdateArchive.ranges(of: residual.count).map { range in
            let wanted = zip(try difference(range), residual[range]).map { $0 + $1 }
            try UnencodableUpdate.check(wanted, first: range.lowerBound)
            let payload = try manifest.codec.encode(wanted, first: range.lowerBound, unit: manifest.unit)
            next.residual += zip(wanted, try manifest.codec.decode(payload, count: range.count)).map { $0 - $1 }
            return Archive.Packed(deflating: payload)
        }
        var manifest = manifest
        manifest.feedback = FeedbackDigests(before: digest, after: next.digest)
        let archive = try Archive.encode(.update, manifest: manifest, chunks: chunks)
        self = next
        return archive
    }
}

/// The states of a host's `ErrorFeedback` around one update: `after` is `before` of the host's next.
public struct FeedbackDigests: Codable, Hashable, Sendable {
    public var before: Digest
    public var after: Digest

    public init(before: Digest, after: Digest) {
        self.before = before
        self.after = after
    }
}
