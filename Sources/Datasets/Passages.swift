/// Tokens that wait on disk to be mixed: in buckets by rank, like the documents, and in passages of one length, of which a
/// long document has many.
struct Passages: Codable, Sendable {
    var sizes: Spool.Sizes
    /// What comes after the last whole passage.
    var rest: [UInt32] = []
}

/// How passages are written.
struct PassageLayout: Sendable {
    let spool: Spool
    /// Tokens in each.
    let length: Int
    /// Draws their order.
    let seed: UInt64
    let ids: TokenWidth
}

/// Cuts a stream of tokens into passages and puts them on disk.
final class PassageWriter {
    private let layout: PassageLayout
    private let spool: SpoolWriter
    private var rest: [UInt32]
    /// Passages written so far.
    private var count: Int

    /// - Parameter passages: what an earlier writer synced; anything after it is dropped.
    init(_ layout: PassageLayout, continuing passages: Passages?) throws {
        self.layout = layout
        let passages = passages ?? Passages(sizes: layout.spool.noSizes)
        spool = try SpoolWriter(layout.spool, continuing: passages.sizes)
        rest = passages.rest
        count = layout.spool.buckets.reduce(0) { $0 + passages.sizes.records(inBucket: $1) }
    }

    func append(_ tokens: [UInt32]) throws {
        rest += tokens
        var start = 0
        while start + layout.length <= rest.count {
            try spool.append(
                layout.ids.bytes(rest[start..<start + layout.length]), rank: Rank(ofPassage: count, seed: layout.seed),
                number: count, line: 0, file: 0)
            count += 1
            start += layout.length
        }
        rest.removeFirst(start)
    }

    /// Everything appended so far can be read when this returns.
    func flush() throws -> Passages { Passages(sizes: try spool.flush(), rest: rest) }

    /// Everything appended so far is on the disk when this returns.
    func sync() throws -> Passages { Passages(sizes: try spool.sync(), rest: rest) }
}
