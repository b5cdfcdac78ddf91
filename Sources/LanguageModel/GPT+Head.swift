import Kernels
import WorkUnits

extension GPT {
    /// What the last forward pass predicted.
    public struct Prediction {
        /// Sum of the cross-entropies, in nats.
        public var loss: Double
        /// Tokens whose argmax is right.
        public var hits: Int
    }

    /// Compares the last forward pass with the tokens that follow.
    ///
    /// Memory: logits of some hundred tokens at a time.
    public func predict(_ targets: [UInt32]) -> Prediction {
        precondition(targets.count == batch.tokens.count, "\(targets.count) targets for \(batch.tokens.count) tokens")
        var hits = [Int](repeating: 0, count: batch.tokens.count)
        hits.withUnsafeMutableBufferPointer { hits in
            for rows in headChunks {
                computeLogits(rows)
                // SAFETY: each slice writes its own element.
                team.run(slices: lossSlices(rows)) { [hits] slice, worker in
                    let (some, logits) = lossRows(rows, slice)
                    hits[some.lowerBound] = workers[worker].arithmetic.crossEntropy(
                        logits, targets: targets[some], into: activations.losses.columns(some))
                }
            }
        }
        return Prediction(loss: lossSum(), hits: hits.reduce(0, +))
    }

    /// Tokens whose logits fit into memory together.
    var headChunks: [Range<Int>] {
        stride(from: 0, to: batch.tokens.count, by: logits.rows).map {
            $0..<min($0 + logits.rows, batch.tokens.count)
        }
    }

    /// `logits = final · wteᵀ` for a chunk of tokens, by slices of the vocabulary.
    func computeLogits(_ rows: Range<Int>) {
        let (size, chunk) = (Self.vocabularySlice, activations.final.rows(rows))
        team.run(slices: (model.vocabulary + size - 1) / size) { slice, worker in
            let ids = slice * size..<min((slice + 1) * size, model.vocabulary)
            workers[worker].arithmetic.multiply(
                chunk.asIs, weights.tokens.rows(ids).transposed, into: logits.rows(0..<rows.count).columns(ids))
        }
    }

    /// Slices of a chunk for all that treats its tokens one by one.
    func lossSlices(_ rows: Range<Int>) -> Int { (rows.count + Self.lossRows - 1) / Self.lossRows }

    func lossRows(_ rows: Range<Int>, _ slice: Int) -> (rows: Range<Int>, logits: Matrix) {
        let some = slice * Self.lossRows..<min((slice + 1) * Self.lossRows, rows.count)
        return (rows.lowerBound + some.lowerBound..<rows.lowerBound + some.upperBound, logits.rows(some))
    }

    /// In the order of the tokens.
    func lossSum() -> Double {
        (0..<batch.tokens.count).reduce(0) { $0 + Double(activations.losses[0, $1]) }
    }

    static let vocabularySlice = 512
    private static let lossRows = 16
}
