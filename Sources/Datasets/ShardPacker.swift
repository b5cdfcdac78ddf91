/// Cuts a stream of tokens into shards of one size.
struct ShardPacker {
    let shardTokens: Int
    /// The start of the stream, up to one shard: what completes the last one.
    private(set) var head: [UInt32]
    /// Tokens that are not yet a shard.
    private(set) var current: [UInt32]

    init(shardTokens: Int, head: [UInt32] = [], current: [UInt32] = []) {
        self.shardTokens = shardTokens
        self.head = head
        self.current = current
    }

    mutating func append(_ tokens: [UInt32], emit: ([UInt32]) throws -> Void) rethrows {
        head += tokens.prefix(shardTokens - head.count)
        var rest = tokens[...]
        while !rest.isEmpty {
            let taken = rest.prefix(shardTokens - current.count)
            current += taken
            rest = rest.dropFirst(taken.count)
            if current.count == shardTokens {
                try emit(current)
                current.removeAll(keepingCapacity: true)
            }
        }
    }

    /// Completes the last shard with tokens from the start of the stream, over and over where the text is shorter than one
    /// shard: all text is trained on, and little of it twice.
    mutating func complete(emit: ([UInt32]) throws -> Void) rethrows {
        guard !current.isEmpty else { return }
        while current.count < shardTokens { current += head.prefix(shardTokens - current.count) }
        try emit(current)
        current = []
    }
}
