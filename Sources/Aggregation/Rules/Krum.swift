/// Which updates lie among most others (Blanchard et al., 2017, "Machine learning with adversaries: Byzantine tolerant
/// gradient descent").
///
/// The score of an update is the sum of its squared distances to its n − f − 2 nearest others; the lowest wins, and of
/// equals the one with the lower index. Guaranteed for n ≥ 2f + 3: a majority of an update's nearest ones are honest.
enum Krum {
    /// - Returns: the chosen update's place.
    static func winner(gram: Gram, hostile: Int) -> Int {
        order(Array(0..<gram.count), gram: gram, hostile: hostile)[0]
    }

    /// Multi-Krum: the m = n − f − 2 updates with the lowest scores, the most that El Mhamdi et al., 2018, section 2
    /// allow. In ascending order of place.
    static func winners(gram: Gram, hostile: Int) -> [Int] {
        order(Array(0..<gram.count), gram: gram, hostile: hostile).prefix(gram.count - hostile - 2).sorted()
    }

    /// Krum again and again, each time without the winners before.
    ///
    /// - Returns: `count` places in ascending order.
    static func repeated(_ count: Int, gram: Gram, hostile: Int) -> [Int] {
        var left = Array(0..<gram.count)
        var chosen: [Int] = []
        while chosen.count < count {
            let winner = order(left, gram: gram, hostile: hostile)[0]
            chosen.append(winner)
            left.removeAll { $0 == winner }
        }
        return chosen.sorted()
    }

    /// Lowest score first.
    private static func order(_ places: [Int], gram: Gram, hostile: Int) -> [Int] {
        let neighbours = max(1, places.count - hostile - 2)
        let scores = places.map { place in
            let distances = places.filter { $0 != place }.map { gram.squaredDistance(place, $0) }
            return distances.sorted().prefix(neighbours).reduce(0, +)
        }
        return zip(scores, places).sorted { $0 < $1 }.map(\.1)
    }
}
