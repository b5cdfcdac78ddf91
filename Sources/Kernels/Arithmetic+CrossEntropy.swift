import CKernels

extension Arithmetic {
    /// `losses[row] = log Σ exp(logits) - logits[target]`, in nats, and whether the target is the argmax (the first of equals).
    ///
    /// - Parameters:
    ///   - logits: `[n, V]`.
    ///   - targets: n ids below V.
    ///   - losses: `[1, n]`.
    /// - Returns: how many targets are the argmax.
    public func crossEntropy(_ logits: Matrix, targets: ArraySlice<UInt32>, into losses: Matrix) -> Int {
        check(logits, targets, losses)
        return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(logits.rows, 1)) { hits in
            targets.withUnsafeBufferPointer { ids in
                guard let ids = ids.baseAddress, let start = hits.baseAddress else { return 0 }
                loops.cross_entropy(logits.rows, logits.columns, logits.base, ids, losses.base, start)
                return hits[..<logits.rows].reduce(0) { $0 + Int($1) }
            }
        }
    }

    /// Losses as above; the logits become their gradient, `(softmax - onehot) · scale`.
    public func crossEntropyGradient(
        _ logits: Matrix, targets: ArraySlice<UInt32>, scale: Float, into losses: Matrix
    ) {
        check(logits, targets, losses)
        targets.withUnsafeBufferPointer { ids in
            guard let ids = ids.baseAddress else { return }
            loops.cross_entropy_gradient(logits.rows, logits.columns, logits.base, ids, scale, losses.base)
        }
    }

    private func check(_ logits: Matrix, _ targets: ArraySlice<UInt32>, _ losses: Matrix) {
        require(logits, is: (targets.count, logits.columns), contiguous: true)
        require(losses, is: (1, targets.count))
        precondition(targets.allSatisfy { $0 < logits.columns }, "a target outside of \(logits.columns) logits")
    }
}
