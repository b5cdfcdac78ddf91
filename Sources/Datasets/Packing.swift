import Tokenization
import WorkUnits

/// Encodes both sides in the order of the dataset, mixes the training tokens, and cuts them into shards.
struct Packing {
    let plan: DatasetPlan
    let folder: WorkFolder
    let gathered: Gathered
    let settled: Settled
    let tokenizer: Tokenizer
    let threads: Int
    /// Text bytes between two saved states.
    let bytesBetweenSaves: Int
    let progress: (PreparationProgress) throws -> Void

    /// A token stands for about so many bytes of text.
    private static let bytesPerToken = 4
    /// As many tokens are in memory while shards are written, or those of two shards.
    private static let tokensInWork = 1 << 23

    /// - Parameter store: keeps a `TokenShard` archive for good and returns its digest.
    func run(store: ([UInt8]) throws -> Digest) throws -> Packed {
        var packed = try folder.read(Packed.fileName) ?? Packed()
        if packed.validationShard == nil { packed.validationShard = try packValidation(&packed, store: store) }
        let layout = PassageLayout(
            spool: folder.passages(bytes: settled.takenBytes), length: plan.passageTokens, seed: plan.seed,
            ids: TokenWidth(vocabulary: tokenizer.vocabulary))
        let writer = try PassageWriter(layout, continuing: packed.passages)
        var unsaved = 0
        func save() throws {
            guard unsaved >= bytesBetweenSaves else { return }
            unsaved = 0
            packed.passages = try writer.sync()
            try folder.save(packed, as: Packed.fileName)
        }

        let total = max(settled.takenBytes - packed.validation.bytes, 1)
        try encode(.training, from: packed.nextBucket) { block in
            packed.training.add(block)
            for (bytes, tokens) in block.lengths { packed.bytesPerToken.add(Double(bytes) / Double(tokens)) }
            try writer.append(block.tokens)
            try progress(PreparationProgress(stage: .encoding, done: min(packed.training.bytes, total), total: total))
            unsaved += block.bytes
            guard block.endsBucket else { return }
            packed.nextBucket = block.bucket + 1
            try save()
        }
        let sequence = plan.sequenceLength + 1
        guard packed.training.tokens >= sequence else {
            throw DatasetFailure.tooLittleToTrain(tokens: packed.training.tokens, needed: sequence)
        }
        let mixed = MixedTokens(layout, try writer.flush())
        try writeShards(of: mixed, tokens: packed.training.tokens, from: packed.shards.count) { archive, shards in
            packed.shards.append(try shard(archive, tokens: plan.shardTokens, store: store))
            try progress(PreparationProgress(stage: .packing, done: packed.shards.count, total: shards))
            unsaved += Self.bytesPerToken * plan.shardTokens
            try save()
        }
        return packed
    }

    /// Each shard begins with the last token of the one before, so that sequences follow each other without gap or overlap
    /// through all of them. The last is completed with tokens from the start of the stream, over and over where the text is
    /// shorter than one shard: all text is trained on, and little of it twice.
    private func writeShards(
        of mixed: MixedTokens, tokens: Int, from first: Int, consume: (_ archive: [UInt8], _ shards: Int) throws -> Void
    ) throws {
        var mixed = mixed
        let (size, step, vocabulary) = (plan.shardTokens, plan.shardTokens - 1, tokenizer.vocabulary)
        let shards = (tokens + step - 1) / step
        var next = first
        try OrderedWork.run(
            threads: min(threads, max(Self.tokensInWork / size / 2, 1)),
            next: {
                guard next < shards else { return nil }
                defer { next += 1 }
                return try mixed.read(size, from: next * step)
            },
            transform: { try TokenShard.encode($0, vocabulary: vocabulary) },
            consume: { try consume($0, shards) })
    }

    /// Before the shards, so that too little of it is found before anything is stored.
    private func packValidation(
        _ packed: inout Packed, store: ([UInt8]) throws -> Digest
    ) throws -> DatasetManifest.Shard {
        var tokens: [UInt32] = []
        var side = DatasetManifest.Side()
        try encode(.validation) { block in
            side.add(block)
            tokens += block.tokens.prefix(plan.validation.maximumTokens - tokens.count)
        }
        guard tokens.count > plan.sequenceLength else {
            throw DatasetFailure.tooLittleToMeasure(tokens: tokens.count, needed: plan.sequenceLength + 1)
        }
        packed.validation = side
        packed.validationBytes = tokens.reduce(0) { $0 + tokenizer.byteCount(of: $1) }
        return try shard(
            TokenShard.encode(tokens, vocabulary: tokenizer.vocabulary), tokens: tokens.count, store: store)
    }

    private func shard(
        _ archive: [UInt8], tokens: Int, store: ([UInt8]) throws -> Digest
    ) throws -> DatasetManifest.Shard {
        DatasetManifest.Shard(digest: try store(archive), bytes: archive.count, tokens: tokens)
    }

    private func encode(
        _ part: Settled.Part, from bucket: Int = 0, consume: (EncodedBlock) throws -> Void
    ) throws {
        var blocks = TextBlocks(part, of: settled, files: gathered.files, in: folder, from: bucket)
        let (encoders, endOfText) = (EncoderPool(tokenizer), tokenizer.endOfText)
        try OrderedWork.run(
            threads: threads, next: { try blocks.next() },
            transform: { block in encoders.with { EncodedBlock(block, with: &$0, endOfText: endOfText) } },
            consume: consume)
    }
}
