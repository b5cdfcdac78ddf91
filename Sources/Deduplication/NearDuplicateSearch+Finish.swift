import Dispatch
import WorkUnits

extension NearDuplicateSearch {
    /// Decides about all documents appended. The result depends on the signatures and their order alone.
    ///
    /// A crash loses nothing but its work: the signatures stay, and it can be called again.
    ///
    /// - Parameter threads: how many share the work.
    public func finish(threads: Int = 1) throws(DeduplicationFailure) -> NearDuplicates {
        precondition(threads >= 1)
        try flush()
        let signatures = try ScratchFile(path: folder + "/signatures", isKept: true)
        let bands = try bandRecords(signatures, threads)
        let (buckets, count) = try sharedBuckets(bands, threads)
        return try decide(signatures, buckets, bucketCount: count, threads)
    }

    /// A record for each band of each document: a hash of the band's values, and the document.
    private func bandRecords(_ signatures: ScratchFile, _ threads: Int) throws(DeduplicationFailure) -> SortedRecords {
        var sort = try ExternalSort(path: folder + "/bands", threads: threads)
        let parameters = parameters
        let (blockSize, width, bands) = (4096, parameters.permutations, parameters.bands)
        for start in stride(from: 0, to: documents, by: blockSize) {
            let count = min(blockSize, documents - start)
            let values = try signatures.read(count * width, at: start * width)
            var keys = [UInt64](repeating: 0, count: count * bands)
            keys.withUnsafeMutableBufferPointer { keys in
                // SAFETY: each thread writes the keys of its own documents.
                nonisolated(unsafe) let keys = keys
                let parts = max(1, min(threads, count / 64))
                DispatchQueue.concurrentPerform(iterations: parts) { part in
                    for document in part * count / parts..<(part + 1) * count / parts {
                        for band in 0..<bands {
                            keys[document * bands + band] = parameters.key(of: band, values, from: document * width)
                        }
                    }
                }
            }
            for (index, key) in keys.enumerated() {
                try sort.add(.init(key: key, value: UInt32(start + index / bands)))
            }
        }
        return try sort.sorted()
    }

    /// Numbers the bands that several documents share.
    /// - Returns: by document, the numbers of its shared bands; and how many there are.
    private func sharedBuckets(
        _ bands: consuming SortedRecords, _ threads: Int
    ) throws(DeduplicationFailure) -> (SortedRecords, count: Int) {
        var sort = try ExternalSort(path: folder + "/buckets", threads: threads)
        var count = 0
        var previous: ExternalSort.Record?
        var isShared = false
        while let record = try bands.next() {
            if let previous, previous.key == record.key {
                if !isShared {
                    count += 1
                    try sort.add(.init(key: UInt64(previous.value), value: UInt32(count - 1)))
                }
                isShared = true
                try sort.add(.init(key: UInt64(record.value), value: UInt32(count - 1)))
            } else {
                isShared = false
            }
            previous = record
        }
        return (try sort.sorted(), count)
    }

    /// Goes through the documents in their order.
    private func decide(
        _ signatures: ScratchFile, _ buckets: consuming SortedRecords, bucketCount: Int, _ threads: Int
    ) throws(DeduplicationFailure) -> NearDuplicates {
        let table = try BucketTable(path: folder + "/kept", count: bucketCount)
        var result = try NearDuplicates.Builder(folder: folder, documents: documents, threads: threads)
        var record = try buckets.next()
        while let first = record {
            var shared: [Int] = []
            while let next = record, next.key == first.key {
                shared.append(Int(next.value))
                record = try buckets.next()
            }
            let document = Int(first.key)
            var candidates: Set<UInt32> = []
            for bucket in shared { candidates.formUnion(try table.documents(in: bucket)) }
            if let found = try original(of: document, among: candidates.sorted(), signatures) {
                try result.remove(document, like: Int(found.document), agreement: found.agreement)
            } else {
                for bucket in shared { try table.add(UInt32(document), to: bucket) }
            }
        }
        return try result.finish(parameters)
    }

    /// The first candidate whose signature has enough in common with the document's.
    private func original(
        of document: Int, among candidates: [UInt32], _ signatures: ScratchFile
    ) throws(DeduplicationFailure) -> (document: UInt32, agreement: Int)? {
        if candidates.isEmpty { return nil }
        let width = parameters.permutations
        let own = try signatures.read(width, at: document * width)
        for candidate in candidates {
            let other = try signatures.read(width, at: Int(candidate) * width)
            var agreement = 0
            for index in 0..<width where own[index] == other[index] { agreement += 1 }
            if agreement >= parameters.requiredAgreements { return (candidate, agreement) }
        }
        return nil
    }
}

extension MinHashParameters {
    /// A hash of a band of the signature that starts at `start`.
    ///
    /// Two unlike bands have equal hashes with probability 2⁻⁶⁴: then documents are compared in vain.
    fileprivate func key(of band: Int, _ values: [UInt32], from start: Int) -> UInt64 {
        var key = UInt64(band) &+ 1
        for row in 0..<rows {
            key = (key ^ UInt64(values[start + band * rows + row])) &* 0x9FB2_1C65_1E98_DF25
            key ^= key >> 29
        }
        return key
    }
}

/// On the disk, the kept documents that share each band: the first `width` of them.
struct BucketTable {
    static let width = 16

    private let file: ScratchFile

    init(path: String, count: Int) throws(DeduplicationFailure) {
        file = try ScratchFile(path: path)
        try file.resize(bytes: count * Self.width * 4)
    }

    func documents(in bucket: Int) throws(DeduplicationFailure) -> [UInt32] {
        // A number more than the document's, as 0 is an empty place.
        try file.read(Self.width, at: bucket * Self.width).prefix { $0 > 0 }.map { $0 - 1 }
    }

    func add(_ document: UInt32, to bucket: Int) throws(DeduplicationFailure) {
        let count = try documents(in: bucket).count
        if count < Self.width { try file.write([document + 1], at: bucket * Self.width + count) }
    }
}
