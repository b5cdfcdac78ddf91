import WorkUnits

/// Why an exchange with a server did not give what was asked for.
public enum TransportFailure: Error, Hashable, Sendable, CustomStringConvertible {
    case invalidURL(String, reason: String)
    /// No connection, or it broke: what had arrived of a download or upload is kept.
    case interrupted(url: String, reason: String)
    /// TLS: the server could not show that it is who the URL says.
    case untrustedServer(url: String, reason: String)
    /// The server answered with an error.
    case refused(Refused)
    /// The server sent something else than the protocol says.
    case unexpected(url: String, reason: String)
    case tooLarge(url: String, limit: Int)
    /// A whole download that is not what its name says; it was deleted.
    case wrongDigest(expected: Digest, received: Digest)
    case file(FileFailure)
    case unreadable(UnreadableBytes)
    case cancelled

    /// An answer that is not a success.
    public struct Refused: Hashable, Sendable {
        public var status: Int
        /// The server's words, or made from the status where it sent none.
        public var reply: ErrorReply
        /// How long the server asks to be left alone.
        public var retryAfter: Seconds?
    }

    /// Whether the same request may succeed later without anybody doing something about it.
    public var isTemporary: Bool {
        switch self {
        case .interrupted, .wrongDigest, .unexpected: true
        case .refused(let refused): refused.status >= 500 || [408, 425, 429].contains(refused.status)
        case .invalidURL, .untrustedServer, .tooLarge, .file, .unreadable, .cancelled: false
        }
    }

    /// Whether the server says that it does not have what was asked for, or not any more.
    public var isMissing: Bool {
        if case .refused(let refused) = self { refused.status == 404 || refused.status == 410 } else { false }
    }

    public var description: String {
        switch self {
        case .invalidURL(let url, let reason): "'\(url)' is not a server's address: \(reason)"
        case .interrupted(let url, let reason): "no answer from \(url): \(reason)"
        case .untrustedServer(let url, let reason): "cannot trust \(url): \(reason)"
        case .refused(let refused): "the server refused: \(refused.reply.message) (\(refused.status))"
        case .unexpected(let url, let reason): "\(url) does not answer like a Caravan server: \(reason)"
        case .tooLarge(let url, let limit): "\(url) sends more than the \(limit) bytes allowed"
        case .wrongDigest(let expected, let received):
            "the download should be \(expected.short) and is \(received.short); it was deleted and can be fetched again"
        case .file(let failure): failure.description
        case .unreadable(let failure): failure.description
        case .cancelled: "stopped"
        }
    }
}

extension TransportFailure {
    /// Does something with a file, and names what fails as a failure of the exchange.
    static func wrapping<Failure, Value: ~Copyable>(
        _ wrapped: (Failure) -> TransportFailure, _ action: @autoclosure () throws(Failure) -> Value
    ) throws(TransportFailure) -> Value {
        do throws(Failure) {
            return try action()
        } catch {
            throw wrapped(error)
        }
    }
}
