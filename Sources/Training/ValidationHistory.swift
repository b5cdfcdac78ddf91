/// The evaluations of a training on held-out text, and what follows from them: which weights are best, and whether to stop.
///
/// Training losses have no say in either.
public struct ValidationHistory: Codable, Hashable, Sendable {
    /// One evaluation.
    public struct Entry: Codable, Hashable, Sendable {
        /// Steps taken before it.
        public var step: Int
        /// In nats per token.
        public var loss: Double

        public init(step: Int, loss: Double) {
            self.step = step
            self.loss = loss
        }
    }

    /// In the order of the steps.
    public private(set) var entries: [Entry]

    public init() {
        entries = []
    }

    /// The lowest loss, the first of equals; nil before the first evaluation.
    public var best: Entry? { bestIndex.map { entries[$0] } }

    /// How many evaluations in a row, up to the last one, did not improve on the best.
    public var evaluationsSinceBest: Int {
        guard let bestIndex else { return entries.count }
        return entries.count - 1 - bestIndex
    }

    /// Adds an evaluation. A loss that is not a finite number never is the best.
    ///
    /// - Returns: whether it is better than all before.
    @discardableResult
    public mutating func append(step: Int, loss: Double) -> Bool {
        precondition(step > entries.last?.step ?? -1, "step \(step) was evaluated before")
        entries.append(Entry(step: step, loss: loss.isFinite ? loss : .greatestFiniteMagnitude))
        return loss.isFinite && bestIndex == entries.count - 1
    }

    private var bestIndex: Int? {
        entries.indices.filter { entries[$0].loss < .greatestFiniteMagnitude }
            .min { (entries[$0].loss, $0) < (entries[$1].loss, $1) }
    }
}
