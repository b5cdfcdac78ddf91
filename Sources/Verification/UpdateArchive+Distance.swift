import WorkUnits

extension UpdateArchive {
    /// ‖u − u′‖ / ‖u′‖ of this update u and another one u′, as both arrive, in float64.
    ///
    /// - Returns: 0 for the same numbers, infinite or not a number where u′ is nothing, or of another size.
    public func distance(from other: UpdateArchive) throws -> Double {
        guard manifest.parameterCount == other.manifest.parameterCount else { return .infinity }
        var (apart, length) = (0.0, 0.0)
        for chunk in 0..<other.chunkCount {
            for (own, reference) in zip(try values(ofChunk: chunk), try other.values(ofChunk: chunk)) {
                let difference = Double(own) - Double(reference)
                apart += difference * difference
                length += Double(reference) * Double(reference)
            }
        }
        return apart == 0 ? 0 : (apart / length).squareRoot()
    }
}
