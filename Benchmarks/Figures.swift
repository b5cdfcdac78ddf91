import Foundation

/// One line of figures, `kind key=value key=value …`: what a measurement prints, and what the tables read.
struct Figures: CustomStringConvertible {
    let kind: String
    private var pairs: [(key: String, value: String)]

    init(_ kind: String, _ pairs: KeyValuePairs<String, String>) {
        self.kind = kind
        self.pairs = pairs.map { ($0.key, $0.value) }
    }

    /// - Returns: nil for a line of something else.
    init?(line: some StringProtocol) {
        let words = line.split(separator: " ")
        let pairs = words.dropFirst().compactMap { word -> (key: String, value: String)? in
            guard let sign = word.firstIndex(of: "=") else { return nil }
            return (String(word[..<sign]), String(word[word.index(after: sign)...]))
        }
        guard let kind = words.first, !pairs.isEmpty, pairs.count == words.count - 1 else { return nil }
        self.kind = String(kind)
        self.pairs = pairs
    }

    mutating func append(_ key: String, _ value: String) {
        pairs.append((key, value))
    }

    /// - Returns: not a number where the line has none of that name.
    subscript(_ key: String) -> Double {
        pairs.last { $0.key == key }.flatMap { Double($0.value) } ?? .nan
    }

    var description: String {
        ([kind] + pairs.map { "\($0.key)=\($0.value)" }).joined(separator: " ")
    }
}

extension Double {
    /// With that many digits behind the point; a dash for what is not a number.
    func formatted(digits: Int) -> String {
        isNaN ? "–" : String(format: "%.\(digits)f", self)
    }
}
