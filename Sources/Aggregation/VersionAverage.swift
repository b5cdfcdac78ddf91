/// The running mean of the versions' weights (Polyak and Juditsky, 1992; exponential as in Kingma and Ba, 2015, section 7.2):
///
///     average ← d · average + (1 − d) · weights,   d = min(decay, (1 + v) / (10 + v)) at version v
///
/// It begins with version 0. The smaller decay of early versions forgets the random start: after 20 versions it weighs less
/// than one part in a million.
struct VersionAverage {
    private let decay: Double

    /// - Parameter version: the one whose weights come in.
    init(decay: Double, version: Int) {
        self.decay = min(decay, Double(1 + version) / Double(10 + version))
    }

    func next(_ average: Float, _ weight: Float) -> Float {
        Float(decay * Double(average) + (1 - decay) * Double(weight))
    }
}
