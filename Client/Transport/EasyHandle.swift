import CCurl
import Foundation
import WorkUnits

/// One libcurl handle with its open connections. Blocks the thread that performs a request.
///
/// SAFETY: not for two threads at once; `HTTPTransport` lends each handle to one exchange at a time.
final class EasyHandle: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// Once for the process. A connection that the other side closes must be an error, not the signal SIGPIPE.
    private static let isInitialized: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
    }()

    init?() {
        guard Self.isInitialized, let handle = curl_easy_init() else { return nil }
        self.handle = handle
    }

    deinit {
        curl_easy_cleanup(handle)
    }

    /// - Parameter receive: takes the body of the final answer piece by piece; what it throws ends the transfer.
    func perform(
        _ request: HTTPRequest, limits: TransportLimits, isCancelled: @escaping () -> Bool,
        receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws(TransportFailure) -> Void
    ) throws(TransportFailure) -> HTTPHead {
        let transfer = Transfer(url: request.url, isCancelled: isCancelled, receive: receive)
        curl_easy_reset(handle)
        var lines: UnsafeMutablePointer<curl_slist>?
        // No wait for "100 Continue": what we send is small enough to send at once.
        for line in request.headers.map({ "\($0): \($1)" }) + ["Expect:"] {
            lines = curl_slist_append(lines, line) ?? lines
        }
        defer { curl_slist_free_all(lines) }

        let code = withExtendedLifetime(transfer) {
            request.body.withUnsafeBytes { body in
                configure(request, limits, transfer, lines, body) ?? curl_easy_perform(handle)
            }
        }
        if let failure = transfer.failure { throw failure }
        guard code == CURLE_OK else { throw Self.failure(code, url: request.url, isCancelled: isCancelled()) }
        return transfer.head
    }

    /// - Returns: the first option that libcurl refuses; nil when all are set.
    private func configure(
        _ request: HTTPRequest, _ limits: TransportLimits, _ transfer: Transfer,
        _ lines: UnsafeMutablePointer<curl_slist>?, _ body: UnsafeRawBufferPointer
    ) -> CURLcode? {
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        let isSecure = request.url.lowercased().hasPrefix("https:")
        let followsRedirects = request.method == .get || request.method == .head
        var codes = [
            caravan_curl_set_string(handle, CURLOPT_URL, request.url),
            caravan_curl_set_http_only(handle, isSecure ? 1 : 0),
            caravan_curl_set_string(handle, CURLOPT_USERAGENT, "caravan"),
            caravan_curl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            caravan_curl_set_long(handle, CURLOPT_FOLLOWLOCATION, followsRedirects ? 1 : 0),
            caravan_curl_set_long(handle, CURLOPT_MAXREDIRS, limits.redirects),
            caravan_curl_set_long(handle, CURLOPT_CONNECTTIMEOUT, limits.connectSeconds),
            caravan_curl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1),
            caravan_curl_set_long(handle, CURLOPT_LOW_SPEED_TIME, limits.silentSeconds),
            caravan_curl_set_pointer(handle, CURLOPT_HTTPHEADER, lines),
            caravan_curl_set_data(handle, CURLOPT_WRITEFUNCTION, receiveBody, CURLOPT_WRITEDATA, context),
            caravan_curl_set_data(handle, CURLOPT_HEADERFUNCTION, receiveHeader, CURLOPT_HEADERDATA, context),
            caravan_curl_set_progress(handle, checkCancellation, context),
        ]
        switch request.method {
        case .get: codes.append(caravan_curl_set_long(handle, CURLOPT_HTTPGET, 1))
        case .head: codes.append(caravan_curl_set_long(handle, CURLOPT_NOBODY, 1))
        case .post, .patch:
            // SAFETY: `perform` keeps the body in place until the transfer has ended; an empty one is never read.
            let bytes = UnsafeMutableRawPointer(mutating: body.baseAddress)
            codes.append(caravan_curl_set_long(handle, CURLOPT_POST, 1))
            codes.append(caravan_curl_set_large(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
            codes.append(caravan_curl_set_pointer(handle, CURLOPT_POSTFIELDS, bytes))
            codes.append(caravan_curl_set_string(handle, CURLOPT_CUSTOMREQUEST, request.method.rawValue))
        }
        return codes.first { $0 != CURLE_OK }
    }

    private static func failure(_ code: CURLcode, url: String, isCancelled: Bool) -> TransportFailure {
        let reason = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_ABORTED_BY_CALLBACK where isCancelled: return .cancelled
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM:
            return .untrustedServer(url: url, reason: reason)
        case CURLE_URL_MALFORMAT: return .invalidURL(url, reason: reason)
        case CURLE_UNSUPPORTED_PROTOCOL: return .unexpected(url: url, reason: "it redirects to another protocol")
        case CURLE_TOO_MANY_REDIRECTS: return .unexpected(url: url, reason: "it redirects without end")
        case CURLE_WEIRD_SERVER_REPLY: return .unexpected(url: url, reason: reason)
        default: return .interrupted(url: url, reason: reason)
        }
    }
}

/// What the callbacks of one transfer share.
private final class Transfer {
    let url: String
    let isCancelled: () -> Bool
    let receive: (HTTPHead, UnsafeRawBufferPointer) throws(TransportFailure) -> Void
    var head = HTTPHead()
    var headBytes = 0
    var failure: TransportFailure?

    static let maximumHeadBytes = 1 << 16

    init(
        url: String, isCancelled: @escaping () -> Bool,
        receive: @escaping (HTTPHead, UnsafeRawBufferPointer) throws(TransportFailure) -> Void
    ) {
        self.url = url
        self.isCancelled = isCancelled
        self.receive = receive
    }

    /// Runs a callback's work. Any other result than `count` makes libcurl give up.
    static func callback(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ work: (Transfer, UnsafeRawBufferPointer) throws(TransportFailure) -> Void
    ) -> Int {
        guard let context else { return 0 }
        // SAFETY: `perform` keeps the transfer alive until libcurl has returned.
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        do {
            try work(transfer, UnsafeRawBufferPointer(start: bytes, count: count))
            return count
        } catch {
            transfer.failure = error
            return count == 0 ? 1 : 0
        }
    }
}

private let receiveBody: curl_write_callback = { bytes, size, count, context in
    Transfer.callback(bytes, size * count, context) { (transfer, bytes) throws(TransportFailure) in
        try transfer.receive(transfer.head, bytes)
    }
}

private let receiveHeader: curl_write_callback = { bytes, size, count, context in
    Transfer.callback(bytes, size * count, context) { (transfer, bytes) throws(TransportFailure) in
        transfer.headBytes += bytes.count
        guard transfer.headBytes <= Transfer.maximumHeadBytes else {
            throw .tooLarge(url: transfer.url, limit: Transfer.maximumHeadBytes)
        }
        transfer.head.take(line: String(decoding: bytes, as: UTF8.self))
    }
}

private let checkCancellation: curl_xferinfo_callback = { context, _, _, _, _ in
    guard let context else { return 1 }
    // SAFETY: as in `Transfer.callback`.
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().isCancelled() ? 1 : 0
}
