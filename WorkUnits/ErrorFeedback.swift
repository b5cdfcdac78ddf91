/// What a lossy codec has held back so far, to be sent with later updates (Seide et al., 2014, section 3.2; Karimireddy et
/// al., 2019, algorithm 2): nothing that was learned is lost, it comes later.
///
///     wanted = difference + residual
///     sent   = decode(encode(wanted, cut to what `UpdateBound` allows))
///     next   = wanted − sent
///
/// In single precision. So over any number of updates, what was sent and the last residual add up to the differences, but
/// for one rounding of each step. It is a host's own state, and lasts as long as the host stays in the run.
///
/// As large as a checkpoint, so it is read and written a chunk at a time. Its bytes are the numbers, single precision,
/// little-endian, and then the digest of these: exact, for what is rounded away here would be lost.
public struct ErrorFeedback: Sendable {
    public let parameterCount: Int
    /// Of the residual's numbers: names a state, so that a chain of updates can be recomputed.
    public let digest: Digest
    /// Nil where nothing is held back.
    private let state: (any RandomAccessBytes)?

    /// Nothing is held back.
    public init(parameterCount: Int) {
        var hasher = DigestHasher()
        for range in UpdateArchive.ranges(of: parameterCount) {
            hasher.update([UInt8](repeating: 0, count: 4 * range.count))
        }
        digest = hasher.finish()
        self.parameterCount = parameterCount
        state = nil
    }

    /// Opens what `encode` has written.
    ///
    /// - Throws: `UnreadableFeedback` when it is not whole, or not of so many parameters. Begin with nothing held back then:
    ///   the run goes on, without what the state held.
    public init(_ state: any RandomAccessBytes, parameterCount: Int) throws(UnreadableFeedback) {
        guard state.count == 4 * parameterCount + Self.digestBytes else {
            throw UnreadableFeedback("\(state.count) bytes cannot hold \(parameterCount) parameters")
        }
        self.state = state
        self.parameterCount = parameterCount
        digest = try Self.digest(of: state)
        var hasher = DigestHasher()
        do throws(UnreadableBytes) {
            for range in UpdateArchive.ranges(of: parameterCount) {
                let numbers = try values(range)
                guard numbers.allSatisfy(\.isFinite) else { throw UnreadableBytes(reason: "a number is not finite") }
                hasher.update([UInt8](littleEndian: numbers))
            }
        } catch {
            throw UnreadableFeedback(error.description)
        }
        guard hasher.finish() == digest else { throw UnreadableFeedback("its numbers are damaged") }
    }

    private static let digestBytes = Digest.zero.bytes.count

    /// The digest that a state ends with, without a look at the numbers before it.
    public static func digest(of state: any RandomAccessBytes) throws(UnreadableFeedback) -> Digest {
        do throws(UnreadableBytes) {
            let bytes = try state.read(digestBytes, at: max(0, state.count - digestBytes))
            if let digest = Digest(bytes: bytes) { return digest }
        } catch {
            throw UnreadableFeedback(error.description)
        }
        throw UnreadableFeedback("it does not end with a digest")
    }

    /// What is held back of some parameters, by their place in the layout.
    public func values(_ range: Range<Int>) throws(UnreadableBytes) -> [Float] {
        guard let state else { return [Float](repeating: 0, count: range.count) }
        return [Float](littleEndian: try state.read(4 * range.count, at: 4 * range.lowerBound))
    }

    /// The archive of an update, with what was held back; what it leaves out is the next state.
    ///
    /// - Parameters:
    ///   - manifest: its `feedback` is filled in here.
    ///   - difference: the values of some parameters, a chunk at a time.
    ///   - limits: how far the update may move each of them; what is beyond stays for later updates.
    ///   - keep: takes the bytes of the next state, piece by piece. It counts once the update is accepted.
    /// - Throws: what the closures throw; `MalformedArchive` when the counts differ; `UnencodableUpdate` for a sum that is
    ///   not finite or beyond `UpdateCodec.largestMagnitude`.
    public func encode(
        _ manifest: UpdateManifest, difference: (Range<Int>) throws -> [Float],
        limits: (Range<Int>) throws -> [Float], keep: ([UInt8]) throws -> Void
    ) throws -> [UInt8] {
        try manifest.check()
        guard manifest.parameterCount == parameterCount else {
            throw MalformedArchive(
                "\(parameterCount) held back for a manifest of \(manifest.parameterCount) parameters")
        }
        var hasher = DigestHasher()
        let chunks = try UpdateArchive.ranges(of: parameterCount).map { range in
            let wanted = zip(try difference(range), try values(range)).map { $0 + $1 }
            try UnencodableUpdate.check(wanted, first: range.lowerBound)
            let allowed = zip(wanted, try limits(range)).map { max(-$1, min($0, $1)) }
            let chunk = try EncodedChunk(allowed, first: range.lowerBound, of: manifest)
            let next = [UInt8](littleEndian: zip(wanted, try chunk.values()).map { $0 - $1 })
            hasher.update(next)
            try keep(next)
            return chunk.packed
        }
        let next = hasher.finish()
        try keep(next.bytes)
        var manifest = manifest
        manifest.feedback = FeedbackDigests(before: digest, after: next)
        return try Archive.encode(.update, manifest: manifest, chunks: chunks)
    }
}

/// The states of a host's `ErrorFeedback` around one update: `after` is `before` of the host's next, once the update was
/// accepted.
public struct FeedbackDigests: Codable, Hashable, Sendable {
    public var before: Digest
    public var after: Digest

    public init(before: Digest, after: Digest) {
        self.before = before
        self.after = after
    }
}

/// Bytes that do not hold the state of error feedback, and why.
public struct UnreadableFeedback: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "unreadable error feedback: \(reason)" }
}
