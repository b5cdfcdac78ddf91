import TestSupport

/// Documents of words drawn by Zipf's law, some of which are edited copies of earlier ones.
struct PlantedCorpus {
    /// Words by their number.
    private(set) var documents: [[Int]] = []
    /// By number of a copy: what it was copied from.
    private(set) var originals: [Int: Int] = [:]

    /// - Parameter edits: shares of words that are edited, one copy of each original for each.
    init(seed: UInt64, originals count: Int, lengths: ClosedRange<Int>, edits: [Double]) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<count {
            let length = Int.random(in: lengths, using: &random)
            documents.append((0..<length).map { _ in Self.word(&random) })
        }
        for original in 0..<count {
            for share in edits {
                originals[documents.count] = original
                documents.append(Self.edited(documents[original], share, &random))
            }
        }
    }

    /// The text of a document; copies are also written with other case, punctuation and line ends.
    func text(_ document: Int) -> [UInt8] {
        let isCopy = originals[document] != nil
        let words = documents[document].enumerated().map { index, word in
            isCopy && index % 3 == 0 ? "W\(word)," : "w\(word)"
        }
        return Array(words.joined(separator: isCopy ? "\n" : " ").utf8)
    }

    /// The Jaccard index of two documents' sets of shingles, counted out.
    func similarity(_ first: Int, _ second: Int, shingle length: Int) -> Double {
        let (a, b) = (Self.shingles(documents[first], length), Self.shingles(documents[second], length))
        return Double(a.intersection(b).count) / Double(a.union(b).count)
    }

    static func shingles(_ words: [Int], _ length: Int) -> Set<[Int]> {
        guard words.count >= length else { return [words] }
        return Set((0...words.count - length).map { Array(words[$0..<$0 + length]) })
    }

    private static func word(_ random: inout SplitMix64) -> Int {
        // The inverse of Zipf's distribution function, about: rank = bound^uniform.
        var (rank, bound) = (1.0, Double.random(in: 0..<1, using: &random) * 13)
        while bound >= 1 {
            rank *= 2
            bound -= 1
        }
        return Int(rank * (1 + bound))
    }

    /// Each word is, with probability `share`, replaced, dropped, or followed by a new one.
    private static func edited(_ words: [Int], _ share: Double, _ random: inout SplitMix64) -> [Int] {
        words.flatMap { word -> [Int] in
            guard Double.random(in: 0..<1, using: &random) < share else { return [word] }
            switch Int.random(in: 0..<3, using: &random) {
            case 0: return [Int.random(in: 10_000..<20_000, using: &random)]
            case 1: return []
            default: return [word, Self.word(&random)]
            }
        }
    }
}
