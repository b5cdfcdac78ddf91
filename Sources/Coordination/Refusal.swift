/// A request that the coordinator does not do. Changes nothing; the message tells the sender what to do instead.
public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable, CaseIterable {
        /// The request is not what its format says.
        case malformed
        /// A signature, key or time that does not fit.
        case unauthorized
        /// A host or account that may not do this, or not any more.
        case forbidden
        /// A new host has to send a proof of work or an invitation along.
        case admissionRequired = "admission-required"
        /// The request was sent before, or may have been: sign it again.
        case sendAgain = "send-again"
        /// Nothing by that name.
        case notFound = "not-found"
        /// What had that name was removed: the message says what takes its place.
        case gone
        /// Contradicts what is already recorded.
        case conflict
        /// The lease ended before the work came.
        case assignmentExpired = "assignment-expired"
        /// More bytes than allowed.
        case tooLarge = "too-large"
        /// The server cannot do it now, such as with a full disk: ask again later.
        case unavailable
    }

    public var code: Code
    public var message: String

    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    public var description: String { message }
}
