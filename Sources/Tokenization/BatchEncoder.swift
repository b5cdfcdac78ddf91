/// Encodes batches of texts on several threads, each with its own `TokenEncoder`, which stays for the next batch.
public final class BatchEncoder {
    public let threads: Int
    private let tokenizer: Tokenizer
    private let workers: [Worker]

    /// An encoder that one thread uses at a time.
    private final class Worker {
        var encoder: TokenEncoder

        init(_ tokenizer: Tokenizer) {
            encoder = TokenEncoder(tokenizer)
        }
    }

    /// - Parameter threads: at least one.
    public init(_ tokenizer: Tokenizer, threads: Int) {
        precondition(threads >= 1, "\(threads) threads")
        self.threads = threads
        self.tokenizer = tokenizer
        workers = (0..<threads).map { _ in Worker(tokenizer) }
    }

    /// The ids of each text, in the order of texts; threads share long ones. The same as `Tokenizer.encode(bytes:)`.
    public func encode(_ texts: [[UInt8]]) -> [[UInt32]] {
        let pieces = texts.indices.flatMap { text in TextPiece.pieces(of: texts[text]).map { (text, $0) } }
        let encoded = Parallel.map(pieces, threads: threads) { piece, worker in
            var ids: [UInt32] = []
            ids.reserveCapacity(piece.1.count / 4)
            piece.1.withUnsafeBytes { workers[worker].encoder.encode($0, into: &ids) }
            return ids
        }
        var texts = Array(repeating: [] as [UInt32], count: texts.count)
        for (piece, ids) in zip(pieces, encoded) {
            if texts[piece.0].isEmpty { texts[piece.0] = ids } else { texts[piece.0] += ids }
        }
        return texts
    }
}

extension Tokenizer {
    /// The ids of each text, in the order of texts. For many batches keep one `BatchEncoder`.
    public func encode(_ texts: [[UInt8]], threads: Int) -> [[UInt32]] {
        BatchEncoder(self, threads: threads).encode(texts)
    }
}
