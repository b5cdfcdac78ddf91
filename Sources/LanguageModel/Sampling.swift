import Kernels

/// How the next token is drawn from the logits.
public struct Sampling: Codable, Hashable, Sendable {
    /// Divides the logits.
    ///
    /// 0: always the most likely token (the lowest id of equals).
    public var temperature: Double
    /// Only the k most likely tokens; 0: all.
    public var topK: Int
    /// Only the fewest most likely tokens whose probabilities reach p (Holtzman et al., 2019); 1: all.
    public var topP: Double

    public init(temperature: Double = 1, topK: Int = 0, topP: Double = 1) {
        self.temperature = temperature
        self.topK = topK
        self.topP = topP
    }

    public static let greedy = Sampling(temperature: 0)

    func validate() throws(GenerationFailure) {
        guard temperature.isFinite, (0...100).contains(temperature) else {
            throw .invalidSampling("temperature \(temperature) is not between 0 and 100")
        }
        guard topK >= 0 else { throw .invalidSampling("top-k \(topK) is negative; 0 keeps all tokens") }
        guard topP > 0, topP <= 1 else { throw .invalidSampling("top-p \(topP) is not above 0 and at most 1") }
    }

    /// The token at which the cumulated probabilities, most likely first, pass a point in [0, 1).
    func pick(_ logits: [Float], at point: Double) -> UInt32 {
        func isLikelier(_ left: Int, _ right: Int) -> Bool {
            logits[left] != logits[right] ? logits[left] > logits[right] : left < right
        }
        guard temperature > 0, topK != 1 else {
            return UInt32(logits.indices.min(by: isLikelier) ?? 0)
        }
        var ids = logits.indices.sorted(by: isLikelier)
        if topK > 0 { ids.removeLast(max(ids.count - topK, 0)) }
        var weights = weights(ids.map { logits[$0] })
        if topP < 1 {
            let end = weights.index(passing: weights.reduce(0, +) * topP, orEqual: true)
            weights.removeLast(weights.count - 1 - end)
        }
        return UInt32(ids[weights.index(passing: weights.reduce(0, +) * point, orEqual: false)])
    }

    /// Softmax of logits in falling order, at this temperature, but for the division by their sum.
    private func weights(_ logits: [Float]) -> [Double] {
        guard let greatest = logits.first else { return [] }
        return Arithmetic().exponentials(of: logits.map { Float(Double($0 - greatest) / temperature) }).map(Double.init)
    }
}

extension [Double] {
    /// The first index up to which the sum is above the limit, or equal to it; the last if rounding hides it.
    fileprivate func index(passing limit: Double, orEqual: Bool) -> Int {
        var sum = 0.0
        return firstIndex {
            sum += $0
            return sum > limit || orEqual && sum == limit
        } ?? count - 1
    }
}
