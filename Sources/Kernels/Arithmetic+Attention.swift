import CKernels

/// Causal attention of one head over one sequence, `scale = 1 / √width` (Vaswani et al., 2017, section 3.2.1).
///
/// Queries are taken in blocks, each against the keys that it may see: the masked half is not computed. Of the
/// probabilities only each row's maximum and sum are kept; backward recomputes the rest to the same bits.
public struct AttentionHead: Sendable {
    /// The last n positions, `[n, width]`.
    public var query: Matrix
    /// All T positions, `[T, width]`.
    public var key, value: Matrix

    public init(query: Matrix, key: Matrix, value: Matrix) {
        self.query = query
        self.key = key
        self.value = value
    }

    /// The head's columns of a fused buffer `[T, 3C]`: queries, then keys, then values.
    public init(_ index: Int, of heads: Int, in fused: Matrix) {
        let channels = fused.columns / 3
        let width = channels / heads
        func part(_ number: Int) -> Matrix {
            let start = number * channels + index * width
            return fused.columns(start..<start + width)
        }
        self.init(query: part(0), key: part(1), value: part(2))
    }

    /// Each query's greatest score and 1 / sum of its exponentials, `[1, n]` each.
    public struct Statistics: Sendable {
        public var maximum, inverse: Matrix

        public init(maximum: Matrix, inverse: Matrix) {
            self.maximum = maximum
            self.inverse = inverse
        }

        fileprivate func rows(_ range: Range<Int>) -> Statistics {
            Statistics(maximum: maximum.columns(range), inverse: inverse.columns(range))
        }
    }

    /// Queries of a block.
    static let blockRows = 64

    /// Floats of scratch memory (one row) that forward and backward need for `length` positions.
    public static func scratchCount(length: Int) -> Int {
        let rows = min(blockRows, length)
        return 2 * rows * paddedColumns(length) + rows
    }

    /// Vector loops work on whole vectors of 16.
    fileprivate static func paddedColumns(_ columns: Int) -> Int { (columns + 15) / 16 * 16 }

    /// Queries in blocks, and the keys that a block's last query sees.
    fileprivate var blocks: [(rows: Range<Int>, seen: Range<Int>)] {
        stride(from: 0, to: query.rows, by: Self.blockRows).map {
            let rows = $0..<min($0 + Self.blockRows, query.rows)
            return (rows, 0..<key.rows - query.rows + rows.upperBound)
        }
    }
}

extension Arithmetic {
    /// `output = softmax(scale · Q Kᵀ) V` over the positions up to each query's own: `[n, width]`.
    public func attention(
        _ head: AttentionHead, into output: Matrix, keeping statistics: AttentionHead.Statistics, scratch: Matrix
    ) {
        check(head, output, statistics)
        let padded = AttentionHead.paddedColumns(head.key.rows)
        for (rows, seen) in head.blocks {
            let whole = scratch.window(at: 0, rows: rows.count, columns: padded)
            multiply(head.query.rows(rows).asIs, head.key.rows(seen).transposed, into: whole.columns(seen))
            let kept = statistics.rows(rows)
            loops.causal_softmax(
                rows.count, seen.count, padded, seen.count - rows.count, head.scale, whole.base, kept.maximum.base,
                kept.inverse.base)
            multiply(whole.columns(seen).asIs, head.value.rows(seen).asIs, into: output.rows(rows))
        }
    }

    /// The gradients of query, key and value, from `dy` of the output, the output itself and what forward kept.
    public func attentionBackward(
        _ dy: Matrix, at head: AttentionHead, output: Matrix, statistics: AttentionHead.Statistics,
        into gradient: AttentionHead, scratch: Matrix
    ) {
        check(head, output, statistics)
        check(gradient, dy, statistics)
        let padded = AttentionHead.paddedColumns(head.key.rows)
        // The last block sees every key: it sets the gradients to which the others add.
        for (rows, seen) in head.blocks.reversed() {
            let size = rows.count * padded
            let scores = scratch.window(at: 0, rows: rows.count, columns: padded)
            let gradients = scratch.window(at: size, rows: rows.count, columns: padded)
            let dots = scratch.window(at: 2 * size, rows: 1, columns: rows.count)
            let kept = statistics.rows(rows)
            let (query, dyRows, outputRows) = (head.query.rows(rows), dy.rows(rows), output.rows(rows))
            multiply(query.asIs, head.key.rows(seen).transposed, into: scores.columns(seen))
            multiply(dyRows.asIs, head.value.rows(seen).transposed, into: gradients.columns(seen))
            loops.row_dots(
                rows.count, dy.columns, dyRows.base, dy.stride, outputRows.base, output.stride, dots.base)
            loops.causal_softmax_backward(
                rows.count, seen.count, padded, seen.count - rows.count, head.scale, scores.base, kept.maximum.base,
                kept.inverse.base, gradients.base, dots.base)
            let adding = seen.upperBound < head.key.rows
            multiply(
                scores.columns(seen).transposed, dyRows.asIs, into: gradient.value.rows(seen), adding: adding)
            multiply(gradients.columns(seen).transposed, query.asIs, into: gradient.key.rows(seen), adding: adding)
            multiply(gradients.columns(seen).asIs, head.key.rows(seen).asIs, into: gradient.query.rows(rows))
        }
    }

    private func check(_ head: AttentionHead, _ output: Matrix, _ statistics: AttentionHead.Statistics) {
        precondition(head.query.rows <= head.key.rows, "\(head.query.rows) queries for \(head.key.rows) keys")
        for matrix in [head.key, head.value] { require(matrix, is: (head.key.rows, head.query.columns)) }
        require(output, is: (head.query.rows, head.query.columns))
        for row in [statistics.maximum, statistics.inverse] { require(row, is: (1, head.query.rows)) }
    }
}

extension AttentionHead {
    public var scale: Float { 1 / Float(query.columns).squareRoot() }
}
