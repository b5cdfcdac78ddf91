/// Helps whoever mistyped a name.
public enum NearestName {
    /// What to write instead: the name with the fewest changed letters, or some names if none is near.
    ///
    /// Looks at 64 letters each of at most 1,000 names, so that names from outside cost little.
    public static func advice(for text: String, among names: [String]) -> String {
        let names = names.prefix(1000).map { String($0.prefix(letters)) }
        let nearest = names.map { (distance: distance(text, $0), name: $0) }.min { $0 < $1 }
        if let nearest, nearest.distance <= max(1, nearest.name.count / 3) { return "did you mean '\(nearest.name)'?" }
        return "known: \(names.prefix(30).joined(separator: ", "))\(names.count > 30 ? ", …" : "")"
    }

    private static let letters = 64

    /// Letters to insert, remove or replace (Levenshtein, 1966), without regard to case.
    private static func distance(_ one: String, _ other: String) -> Int {
        let (one, other) = (Array(one.lowercased().prefix(letters)), Array(other.lowercased()))
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
