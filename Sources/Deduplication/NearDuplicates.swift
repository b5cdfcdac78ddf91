import WorkUnits

/// Which documents resemble an earlier one that is kept.
public struct NearDuplicates: Sendable {
    public let documents: Int
    public let removed: Int
    /// Kept documents that something was removed for.
    public let clusters: Int
    /// How many clusters there are of each size (the kept document counts), in classes: sizes 2 to 3, 4 to 7, 8 to 15 …
    public let clustersBySize: [Int]
    public let largestCluster: Int
    /// At most `samplesKept` removed documents, chosen by a hash of their numbers, in the order of these.
    public let samples: [Sample]

    /// A removed document and the kept one that it resembles.
    public struct Sample: Hashable, Sendable, Codable {
        public var document: Int
        public var original: Int
        /// Share of equal values of their signatures.
        public var similarity: Double
    }

    public static let samplesKept = 8

    /// One bit for each document.
    private let bits: [UInt64]
    private let originals: ScratchFile

    public func isRemoved(_ document: Int) -> Bool {
        bits[document / 64] >> UInt64(document % 64) & 1 == 1
    }

    /// The kept document that a removed one resembles: the first of those found; nil for a kept one. Reads the disk.
    public func original(of document: Int) throws(DeduplicationFailure) -> Int? {
        guard isRemoved(document) else { return nil }
        return try originals.read(1, at: document).first.map(Int.init)
    }

    /// Takes the decisions in the order of the documents.
    struct Builder {
        private let documents: Int
        private var bits: [UInt64]
        private let originals: ScratchFile
        private var clusters: ExternalSort
        private var removed = 0
        private var samples: [(document: Int, original: Int, agreement: Int)] = []
        private let hashes = CounterRandom(seed: 0, stream: 0)

        init(folder: String, documents: Int, threads: Int) throws(DeduplicationFailure) {
            self.documents = documents
            bits = Array(repeating: 0, count: (documents + 63) / 64)
            originals = try ScratchFile(path: folder + "/originals")
            try originals.resize(bytes: documents * 4)
            clusters = try ExternalSort(path: folder + "/clusters", threads: threads)
        }

        mutating func remove(_ document: Int, like original: Int, agreement: Int) throws(DeduplicationFailure) {
            bits[document / 64] |= 1 << UInt64(document % 64)
            removed += 1
            try originals.write([UInt32(original)], at: document)
            try clusters.add(.init(key: UInt64(original), value: UInt32(document)))
            let rank = hashes[UInt64(document)]
            let position = samples.firstIndex { hashes[UInt64($0.document)] > rank } ?? samples.count
            samples.insert((document, original, agreement), at: position)
            if samples.count > NearDuplicates.samplesKept { samples.removeLast() }
        }

        consuming func finish(_ parameters: MinHashParameters) throws(DeduplicationFailure) -> NearDuplicates {
            var sizes = ClusterSizes()
            var sorted = try clusters.sorted()
            while let record = try sorted.next() { sizes.count(memberOf: record.key) }
            sizes.end()
            return NearDuplicates(
                documents: documents, removed: removed, clusters: sizes.clusters, clustersBySize: sizes.bySize,
                largestCluster: sizes.largest,
                samples: samples.sorted { $0.document < $1.document }.map { sample in
                    Sample(
                        document: sample.document, original: sample.original,
                        similarity: Double(sample.agreement) / Double(parameters.permutations))
                }, bits: bits, originals: originals)
        }
    }
}

/// Counts clusters from their members in the order of the clusters.
private struct ClusterSizes {
    private(set) var clusters = 0
    private(set) var largest = 0
    private(set) var bySize: [Int] = []
    private var original: UInt64?
    private var size = 0

    mutating func count(memberOf original: UInt64) {
        if original != self.original {
            end()
            self.original = original
            size = 1
        }
        size += 1
    }

    mutating func end() {
        guard size > 0 else { return }
        clusters += 1
        largest = max(largest, size)
        let place = Int.bitWidth - 2 - size.leadingZeroBitCount
        while bySize.count <= place { bySize.append(0) }
        bySize[place] += 1
    }
}
