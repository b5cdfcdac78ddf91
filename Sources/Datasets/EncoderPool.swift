import Foundation
import Tokenization

/// Lends encoders, which remember words, to the threads that ask for one.
// SAFETY: the lock is held wherever `idle` is used; a lent encoder is in nobody else's hands.
final class EncoderPool: @unchecked Sendable {
    private final class Loan {
        var encoder: TokenEncoder

        init(_ tokenizer: Tokenizer) {
            encoder = TokenEncoder(tokenizer)
        }
    }

    private let lock = NSLock()
    private let tokenizer: Tokenizer
    private var idle: [Loan] = []

    init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
    }

    func with<Value>(_ body: (inout TokenEncoder) -> Value) -> Value {
        let loan = lock.withLock { idle.popLast() } ?? Loan(tokenizer)
        defer { lock.withLock { idle.append(loan) } }
        return body(&loan.encoder)
    }
}
