import Deduplication

/// One search among planted copies, and what came of it.
struct PlantedSearch {
    private let parameters: MinHashParameters
    /// Of all copies: the true similarity to the original, and whether the copy was removed.
    private var copies: [(similarity: Double, isRemoved: Bool)] = []
    /// Of all removed documents: the true similarity to the kept document given.
    private var removed: [Double] = []
    private let bytes: Int
    private let hashing: Duration
    private let searching: Duration

    init(_ planted: PlantedCopies, _ parameters: MinHashParameters, folder: String, threads: Int) throws {
        self.parameters = parameters
        let texts = planted.documents.indices.map { planted.text($0) }
        bytes = texts.reduce(0) { $0 + $1.count }
        let hasher = try MinHasher(parameters)
        let search = try NearDuplicateSearch(folder: folder, parameters: parameters)
        var signatures: [[UInt32]] = []
        let clock = ContinuousClock()
        hashing = clock.measure { signatures = texts.map { hasher.signature(of: $0) } }
        var found: NearDuplicates?
        searching = try clock.measure {
            for signature in signatures { try search.append(signature) }
            found = try search.finish(threads: threads)
        }
        guard let found else { return }
        for (copy, original) in planted.originals {
            let similarity = planted.similarity(copy, original, parameters.shingleLength)
            copies.append((similarity, found.isRemoved(copy)))
        }
        for document in 0..<found.documents {
            guard let original = try found.original(of: document) else { continue }
            removed.append(planted.similarity(document, original, parameters.shingleLength))
        }
    }

    /// One line for each class of similarities, then one for the whole.
    var figures: [Figures] {
        let whole = Figures(
            "duplicates",
            [
                "copies": "\(copies.count)", "removed": "\(removed.count)",
                "precision": share(removed, from: parameters.threshold),
                "precisionTenthBelow": share(removed, from: parameters.threshold - 0.1),
                "leastSimilar": (removed.min() ?? .nan).formatted(digits: 3),
                "hashMegabytes": (Double(bytes) / 1e6 / (hashing / .seconds(1))).formatted(digits: 1),
                "searchSeconds": (searching / .seconds(1)).formatted(digits: 2),
            ])
        return stride(from: 0.0, to: 1, by: 0.1).compactMap { line(from: $0, to: $0 + 0.1) } + [whole]
    }

    /// The class's recall, and what theory expects of its candidates if estimates were exact.
    private func line(from lower: Double, to upper: Double) -> Figures? {
        let own = copies.filter { $0.similarity >= lower - 1e-9 && ($0.similarity < upper - 1e-9 || upper > 0.99) }
        guard !own.isEmpty else { return nil }
        let expected = own.map { copy in
            parameters.candidateProbability(similarity: copy.similarity)
        }.reduce(0, +)
        return Figures(
            "recall",
            [
                "similarity": lower.formatted(digits: 1), "copies": "\(own.count)",
                "found": (Double(own.count { $0.isRemoved }) / Double(own.count)).formatted(digits: 4),
                "candidatesExpected": (expected / Double(own.count)).formatted(digits: 4),
            ])
    }

    private func share(_ similarities: [Double], from bound: Double) -> String {
        (Double(similarities.count { $0 >= bound - 1e-9 }) / Double(max(1, similarities.count))).formatted(digits: 4)
    }
}
