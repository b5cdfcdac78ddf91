import WorkUnits

/// The weights that a run starts from: a pure function of model and seed, the same bits everywhere, for any range at once.
///
/// A normal value is the sum of twelve uniform 16-bit integers, centred and scaled (Irwin and Hall): integers and one exact
/// product, no library function. Its tails end at six deviations.
public struct InitialWeights: Sendable {
    public let layout: ParameterLayout
    private let random: CounterRandom

    public init(model: ModelConfiguration, seed: UInt64) {
        layout = ParameterLayout(model)
        random = CounterRandom(seed: seed, stream: 0x5745_4947_4854)
    }

    /// The parameters of a range of the flat vector.
    public func values(_ range: Range<Int>) -> [Float] {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= layout.count, "\(range) of \(layout.count) parameters")
        var values: [Float] = []
        values.reserveCapacity(range.count)
        var next = range.lowerBound
        while next < range.upperBound {
            let tensor = layout.tensor(at: next)
            let end = min(range.upperBound, tensor.range.upperBound)
            switch tensor.initialization {
            case .constant(let value): values.append(contentsOf: repeatElement(value, count: end - next))
            case .normal(let deviation):
                for index in next..<end { values.append(Float(Double(centredSum(index)) * (deviation * 0x1p-16))) }
            }
            next = end
        }
        return values
    }

    public func all() -> [Float] {
        values(0..<layout.count)
    }

    /// The sum of twelve integers uniform in 0 ..< 2¹⁶, less its mean: its deviation is 2¹⁶ (to 1 in 10¹⁰).
    private func centredSum(_ index: Int) -> Int {
        var sum = -6 * 65_535
        for draw in 0..<3 {
            let bits = random[UInt64(3 * index + draw)]
            sum += Int(bits & 0xFFFF) + Int(bits >> 16 & 0xFFFF) + Int(bits >> 32 & 0xFFFF) + Int(bits >> 48)
        }
        return sum
    }
}
