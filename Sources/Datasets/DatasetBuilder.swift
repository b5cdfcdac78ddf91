import Tokenization
import WorkUnits

/// Packs documents into token shards.
public enum DatasetBuilder {
    /// Encodes the documents in a seeded order, ends each with an end of text, and cuts the stream of training tokens
    /// into shards of exactly `shardTokens`.
    ///
    /// The last shard is completed with tokens from the start of the stream, over and over where the text is shorter
    /// than one shard: all text is trained on, and little of it twice. Memory holds one shard beside the documents.
    ///
    /// - Parameter store: keeps a `TokenShard` archive and returns its digest.
    /// - Throws: `DatasetFailure`, or what `store` throws.
    public static func build(
        _ split: CorpusSplit, tokenizer: Tokenizer, options: DatasetOptions, store: ([UInt8]) throws -> Digest
    ) throws -> DatasetManifest {
        func stored(_ tokens: [UInt32]) throws -> DatasetManifest.Shard {
            let archive = try TokenShard.encode(tokens, vocabulary: tokenizer.vocabulary)
            return DatasetManifest.Shard(digest: try store(archive), bytes: archive.count, tokens: tokens.count)
        }
        let sequence = options.sequenceLength + 1

        // Before the shards, so that too little of it is found before anything is stored.
        var validationTokens: [UInt32] = []
        let validation = side(split.validation, tokenizer, seed: options.seed) { validationTokens += $0 }
        validationTokens = Array(validationTokens.prefix(options.maximumValidationTokens))
        guard validationTokens.count >= sequence else {
            throw DatasetFailure.tooLittleToMeasure(tokens: validationTokens.count, needed: sequence)
        }

        var packer = ShardPacker(shardTokens: options.shardTokens)
        var shards: [DatasetManifest.Shard] = []
        let training = try side(split.training, tokenizer, seed: options.seed) {
            try packer.append($0) { shards.append(try stored($0)) }
        }
        guard training.tokens >= sequence else {
            throw DatasetFailure.tooLittleToTrain(tokens: training.tokens, needed: sequence)
        }
        try packer.complete { shards.append(try stored($0)) }

        return DatasetManifest(
            tokenizer: Digest(of: try tokenizer.json()), vocabulary: tokenizer.vocabulary, options: options,
            duplicates: split.duplicates, training: training, validation: validation, shards: shards,
            validationShard: try stored(validationTokens),
            validationBytes: validationTokens.reduce(0) { $0 + tokenizer.byteCount(of: $1) })
    }

    /// Encodes one side, document by document.
    private static func side(
        _ documents: [Document], _ tokenizer: Tokenizer, seed: UInt64, consume: ([UInt32]) throws -> Void
    ) rethrows -> DatasetManifest.Side {
        var encoder = TokenEncoder(tokenizer)
        var side = DatasetManifest.Side(documents: documents.count, bytes: 0, tokens: 0)
        for document in documents.shuffled(seed: seed, purpose: "document order") {
            let tokens = encoder.encode(document.text) + [tokenizer.endOfText]
            side.bytes += document.text.utf8.count
            side.tokens += tokens.count
            try consume(tokens)
        }
        return side
    }
}

/// Cuts a stream of tokens into shards of one size.
private struct ShardPacker {
    let shardTokens: Int
    /// The start of the stream, up to one shard: what completes the last one.
    private var head: [UInt32] = []
    private var current: [UInt32] = []

    init(shardTokens: Int) {
        self.shardTokens = shardTokens
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
                current = []
            }
        }
    }

    mutating func complete(emit: ([UInt32]) throws -> Void) rethrows {
        guard !current.isEmpty else { return }
        while current.count < shardTokens { current += head.prefix(shardTokens - current.count) }
        try emit(current)
        current = []
    }
}
