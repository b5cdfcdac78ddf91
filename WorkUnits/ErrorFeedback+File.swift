// The file: the digest of the residual's numbers (32 bytes), then the numbers, single precision, little-endian. Exact, for
// what is rounded away here would be lost.

extension ErrorFeedback {
    /// Replaces the file at `path`: it has the old state or the new at any moment the machine may stop.
    public func write(to path: String) throws(FileFailure) {
        let temporary = path + ".tmp"
        do throws(FileFailure) {
            var file = try DurableFile(path: temporary, isEmptied: true)
            try file.append(digest.bytes)
            for range in UpdateArchive.ranges(of: residual.count) {
                try file.append([UInt8](littleEndian: Array(residual[range])))
            }
            try DurableFile.publish(temporary, as: path)
        } catch {
            try? DurableFile.remove(temporary)
            throw error
        }
    }

    /// Reads a state back.
    ///
    /// - Throws: `UnreadableFeedback` when it is not whole, or not of so many parameters. Begin with nothing held back then:
    ///   the run goes on, without what the state held.
    public init(_ file: any RandomAccessBytes, parameterCount: Int) throws(UnreadableFeedback) {
        let digestBytes = Digest.zero.bytes.count
        guard file.count == digestBytes + 4 * parameterCount else {
            throw UnreadableFeedback("\(file.count) bytes cannot hold \(parameterCount) parameters")
        }
        var residual: [Float] = []
        residual.reserveCapacity(parameterCount)
        do throws(UnreadableBytes) {
            for range in UpdateArchive.ranges(of: parameterCount) {
                residual += [Float](
                    littleEndian: try file.read(4 * range.count, at: digestBytes + 4 * range.lowerBound))
            }
            guard let feedback = ErrorFeedback(residual: residual),
                feedback.digest.bytes == (try file.read(digestBytes, at: 0))
            else { throw UnreadableBytes(reason: "its numbers are damaged") }
            self = feedback
        } catch {
            throw UnreadableFeedback(error.description)
        }
    }
}

/// A file that does not hold the state of error feedback, and why.
public struct UnreadableFeedback: Error, Hashable, Sendable, CustomStringConvertible {
    public var reason: String

    public init(_ reason: String) {
        self.reason = reason
    }

    public var description: String { "unreadable error feedback: \(reason)" }
}
