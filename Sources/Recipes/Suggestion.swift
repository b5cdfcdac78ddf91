extension RecipeSection {
    /// What to write instead: the name with the fewest changed letters, or all names if none is near.
    static func suggestion(for text: String, among names: [String]) -> String {
        let nearest = names.map { (distance: distance(text, $0), name: $0) }.min { $0 < $1 }
        if let nearest, nearest.distance <= max(1, nearest.name.count / 3) { return "did you mean '\(nearest.name)'?" }
        return "known: \(names.joined(separator: ", "))"
    }

    /// Letters to insert, remove or replace (Levenshtein, 1966), without regard to case.
    private static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.lowercased().prefix(64)), Array(other.lowercased()))
        var row = Array(0...other.count)
        for (i, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, otherLetter) in other.enumerated() {
                let replaced = diagonal + (letter == otherLetter ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[other.count]
    }
}
