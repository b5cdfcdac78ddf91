import Kernels

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
        var hits = [Int](repeating: 0, count: batch.slices)
        hits.withUnsafeMutableBufferPointer { hits in
            for chunk in headChunks {
                // SAFETY: each slice writes its own element.
                team.run(slices: chunk.count) { [hits] slice, _ in
                    let (rows, logits) = computeLogits(chunk, slice)
                    hits[chunk.lowerBound + slice] = arithmetic.crossEntropy(
                        logits, targets: targets[rows], into: activations.losses.columns(rows))
                }
            }
        }
        return Prediction(loss: lossSum(), hits: hits.reduce(0, +))
    }

    /// Slices of the batch whose logits fit into memory together.
    var headChunks: [Range<Int>] {
        let perChunk = max(logits.rows / Self.sliceRows, 1)
        return stride(from: 0, to: batch.slices, by: perChunk).map { $0..<min($0 + perChunk, batch.slices) }
    }

    /// `logits = final · wteᵀ` for one slice of a chunk.
    func computeLogits(_ chunk: Range<Int>, _ slice: Int) -> (rows: Range<Int>, logits: Matrix) {
        let rows = batch.rows(ofSlice: chunk.lowerBound + slice)
        let start = slice * Self.sliceRows
        let logits = logits.rows(start..<start + rows.count)
        arithmetic.multiply(activations.final.rows(rows).asIs, weights.tokens.transposed, into: logits)
        return (rows, logits)
    }

    /// In the order of the tokens.
    func lossSum() -> Double {
        activations.losses.columns(0..<batch.tokens.count).values.reduce(0) { $0 + Double($1) }
    }
}
