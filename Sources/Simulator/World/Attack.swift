/// What a hostile host sends instead of the update Δ that it trained. As long as the honest one but for `times1000`, so that
/// no check of a single update tells it apart.
public enum Attack: String, CaseIterable, Hashable, Sendable {
    /// Normally distributed numbers.
    case noise
    /// −Δ.
    case signFlip
    /// 1000 Δ.
    case times1000
    /// The same number everywhere.
    case constant

    /// - Parameter difference: an honest update.
    package func apply(to difference: [Float], random: inout RandomStream) -> [Float] {
        let norm = difference.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
        switch self {
        case .noise:
            let noise = difference.map { _ in random.normal() }
            let length = noise.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return noise.map { Float($0 * (norm / length)) }
        case .signFlip: return difference.map { -$0 }
        case .times1000: return difference.map { 1000 * $0 }
        case .constant:
            return [Float](
                repeating: Float(norm / Double(difference.count).squareRoot()), count: difference.count)
        }
    }
}
