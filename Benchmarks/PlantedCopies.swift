import Deduplication
import Foundation
import WorkUnits

/// Edited copies among documents, whose true similarities are counted out: how many are found, and how rightly.
struct PlantedCopies {
    /// Texts of words; the copies follow the originals.
    private(set) var documents: [[Substring]]
    /// By number, what a copy was made from.
    private(set) var originals: [Int: Int] = [:]

    /// Shares of words that are edited; a copy is made with one of them, in turns.
    private static let edits = [0, 0.001, 0.002, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1]

    /// Copies every third document, which loses, gains and changes words; every tenth copy also loses its last tenth.
    init(_ documents: [[Substring]], seed: UInt64) {
        self.documents = documents
        let random = CounterRandom(seed: seed, stream: 0)
        let vocabulary = documents.map { $0[$0.count / 2] }
        var draws: UInt64 = 0
        func draw(_ bound: Int) -> Int {
            draws += 1
            return random.below(bound, draws)
        }
        for original in stride(from: 0, to: documents.count, by: 3) {
            let share = Self.edits[original / 3 % Self.edits.count]
            var copy: [Substring] = []
            for word in documents[original] {
                let edit = Double(draw(1_000_000)) < share * 1_000_000 ? draw(3) : 3
                if edit != 0 { copy.append(edit == 1 ? vocabulary[draw(vocabulary.count)] : word) }
                if edit == 2 { copy.append(vocabulary[draw(vocabulary.count)]) }
            }
            if draw(10) == 0 { copy.removeLast(copy.count / 10) }
            originals[self.documents.count] = original
            self.documents.append(copy)
        }
    }

    /// The Jaccard index of the sets of shingles.
    func similarity(_ first: Int, _ second: Int, _ length: Int) -> Double {
        let (a, b) = (shingles(first, length), shingles(second, length))
        return Double(a.intersection(b).count) / Double(max(1, a.union(b).count))
    }

    private func shingles(_ document: Int, _ length: Int) -> Set<ArraySlice<Substring>> {
        let words = documents[document]
        guard words.count >= length else { return [words[...]] }
        return Set((0...words.count - length).map { words[$0..<$0 + length] })
    }

    /// Copies are written in capitals, one word a line: neither counts.
    func text(_ document: Int) -> [UInt8] {
        originals[document] == nil
            ? Array(documents[document].joined(separator: " ").utf8)
            : Array(documents[document].joined(separator: ",\n").uppercased().utf8)
    }
}

extension PlantedCopies {
    /// Documents of 50 to 500 words in lower case from the `.txt` files of a folder, or of words drawn by Zipf's law.
    static func documents(folder: String?, count: Int, seed: UInt64) throws -> [[Substring]] {
        let random = CounterRandom(seed: seed, stream: 1)
        var words: [Substring]
        if let folder {
            let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".txt") }
            words = try names.sorted().flatMap { name in
                try String(contentsOfFile: folder + "/" + name, encoding: .utf8).lowercased()
                    .split { !$0.isLetter && !$0.isNumber }
            }
        } else {
            // Zipf's distribution by the inverse of its distribution function, about: rank = bound^uniform.
            words = (0..<UInt64(count) * 275).map { Substring("w\(Int(pow(50_000, random.unit($0))))") }
        }
        var documents: [[Substring]] = []
        while documents.count < count {
            let length = 50 + random.below(451, UInt64(documents.count) | 1 << 40)
            guard words.count >= length else { break }
            documents.append(Array(words.suffix(length)))
            words.removeLast(length)
        }
        return documents
    }
}
