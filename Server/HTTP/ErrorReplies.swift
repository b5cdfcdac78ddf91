import Coordination
import Hummingbird
import Logging
import WorkUnits

/// Turns what a route throws into an `ErrorReply`.
///
/// What is nobody's business outside goes to the log alone.
struct ErrorReplies: RouterMiddleware {
    typealias Context = BasicRequestContext

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch {
            let reply = Self.reply(to: error, request, context)
            // An answer to HEAD has the headers alone.
            return request.method == .head ? reply.createHeadResponse() : reply
        }
    }

    private static func reply(to error: any Error, _ request: Request, _ context: Context) -> Response {
        switch error {
        case let refusal as Refusal:
            context.logger.debug(
                "Refused a request", metadata: ["code": "\(refusal.code.rawValue)", "reason": "\(refusal.message)"])
            return .json(
                ErrorReply(code: refusal.code.rawValue, message: refusal.message), status: refusal.code.status,
                headers: refusal.code == .unavailable ? [.retryAfter: "5"] : [:])
        case let error as any HTTPResponseError where error.status.kind == .clientError:
            let message = "there is no \(request.method) \(request.uri.path): see /api/v1/openapi.yaml"
            return .json(ErrorReply(code: Refusal.Code.notFound.rawValue, message: message), status: error.status)
        default:
            context.logger.error("A request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            let reply = ErrorReply(
                code: "internal-error", message: "the server failed to do this and has logged why: ask again later")
            return .json(reply, status: .internalServerError)
        }
    }
}

extension Refusal.Code {
    var status: HTTPResponse.Status {
        switch self {
        case .malformed: .badRequest
        case .unauthorized: .unauthorized
        case .forbidden, .admissionRequired: .forbidden
        // RFC 8470: a request that may be a replay.
        case .sendAgain: .tooEarly
        case .notFound: .notFound
        case .conflict: .conflict
        case .gone, .assignmentExpired: .gone
        case .tooLarge: .contentTooLarge
        case .unavailable: .serviceUnavailable
        }
    }
}
