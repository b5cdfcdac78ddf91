import WorkUnits

/// The tokens of a dataset, passage after passage in the order of their ranks, which is a random one. What is no whole passage
/// comes last.
struct MixedTokens {
    private let layout: PassageLayout
    private let rest: [UInt32]
    /// Of each bucket, the place of its first passage in the order; at the end, how many passages there are.
    private let firstPlaces: [Int]
    /// The bucket that was read last.
    private var open: Bucket?

    private struct Bucket {
        var places: Range<Int>
        var records: [SpoolRecord]
        var texts: FileBytes
    }

    init(_ layout: PassageLayout, _ passages: Passages) {
        self.layout = layout
        rest = passages.rest
        firstPlaces = layout.spool.buckets.reduce(into: [0]) {
            $0.append($0[$1] + passages.sizes.records(inBucket: $1))
        }
    }

    /// Tokens in a row; after the last comes the first again.
    ///
    /// Meant to be read from the beginning to the end: the records of one bucket are in memory.
    mutating func read(_ count: Int, from start: Int) throws -> [UInt32] {
        let total = firstPlaces[layout.spool.bucketCount] * layout.length + rest.count
        var tokens: [UInt32] = []
        tokens.reserveCapacity(count)
        while tokens.count < count {
            let (place, offset) = ((start + tokens.count) % total).quotientAndRemainder(dividingBy: layout.length)
            tokens += try passage(at: place).dropFirst(offset).prefix(count - tokens.count)
        }
        return tokens
    }

    private mutating func passage(at place: Int) throws -> [UInt32] {
        guard place < firstPlaces[layout.spool.bucketCount] else { return rest }
        let bucket = try bucket(of: place)
        let record = bucket.records[place - bucket.places.lowerBound]
        return layout.ids.tokens(try bucket.texts.read(record.length, at: record.offset))
    }

    private mutating func bucket(of place: Int) throws -> Bucket {
        if let open, open.places.contains(place) { return open }
        let spool = layout.spool
        guard let index = spool.buckets.first(where: { place < firstPlaces[$0 + 1] }) else {
            preconditionFailure("there are \(firstPlaces[spool.bucketCount]) passages")
        }
        let bucket = Bucket(
            places: firstPlaces[index]..<firstPlaces[index + 1], records: try spool.sortedRecords(bucket: index),
            texts: try FileBytes(path: spool.textsPath(index)))
        open = bucket
        return bucket
    }
}
