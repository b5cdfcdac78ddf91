import Foundation
import Synchronization
import WorkUnits

/// How long and how far a transfer may go.
public struct TransportLimits: Hashable, Sendable {
    public var connectSeconds = 15
    /// A transfer that moves no byte for so long is given up.
    public var silentSeconds = 90
    public var redirects = 3
    /// The most bytes of an answer that is held in memory.
    public var answerBytes = 16 << 20

    public init() {}
}

/// HTTP through libcurl. Every exchange blocks a thread of its own and reuses the connections of earlier ones.
///
/// Cancelling the task that waits for an exchange ends its transfer within a second.
public final class HTTPTransport: Sendable {
    private let limits: TransportLimits
    private let idle = Mutex<[EasyHandle]>([])

    public init(limits: TransportLimits = TransportLimits()) {
        self.limits = limits
    }

    /// Runs `work`, which may block, on its own thread with a connection.
    func exchange<Value: Sendable>(
        _ work: @escaping @Sendable (Exchange) throws(TransportFailure) -> Value
    ) async throws(TransportFailure) -> Value {
        let isCancelled = Flag()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                Thread {
                    let result = Result { () throws(TransportFailure) in
                        try self.lend { (handle) throws(TransportFailure) in
                            try work(Exchange(handle: handle, limits: self.limits, flag: isCancelled))
                        }
                    }
                    continuation.resume(returning: result)
                }.start()
            }
        } onCancel: {
            isCancelled.raise()
        }
        return try result.get()
    }

    private func lend<Value>(
        _ work: (EasyHandle) throws(TransportFailure) -> Value
    ) throws(TransportFailure) -> Value {
        guard let handle = idle.withLock({ $0.popLast() }) ?? EasyHandle() else {
            throw .interrupted(url: "libcurl", reason: "it could not be started")
        }
        defer { idle.withLock { $0.append(handle) } }
        return try work(handle)
    }
}

/// Raised once, seen by every thread.
final class Flag: Sendable {
    private let value = Atomic(false)

    var isRaised: Bool { value.load(ordering: .relaxed) }

    func raise() { value.store(true, ordering: .relaxed) }
}

/// One or several requests in a row on one thread.
struct Exchange {
    let handle: EasyHandle
    let limits: TransportLimits
    let flag: Flag

    /// Performs a request whose answer fits in memory. An answer that is no success is returned, not thrown.
    func perform(_ request: HTTPRequest) throws(TransportFailure) -> (head: HTTPHead, body: [UInt8]) {
        var body: [UInt8] = []
        let limit = limits.answerBytes
        let head = try perform(request) { (_, bytes) throws(TransportFailure) in
            guard bytes.count <= limit - body.count else { throw .tooLarge(url: request.url, limit: limit) }
            body.append(contentsOf: bytes)
        }
        return (head, body)
    }

    func perform(
        _ request: HTTPRequest,
        receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws(TransportFailure) -> Void
    ) throws(TransportFailure) -> HTTPHead {
        let flag = flag
        if flag.isRaised { throw .cancelled }
        return try handle.perform(request, limits: limits, isCancelled: { flag.isRaised }, receive: receive)
    }
}
