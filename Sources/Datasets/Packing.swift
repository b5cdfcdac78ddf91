import Tokenization
import WorkUnits

/// Encodes both sides in the order of the dataset and cuts the training tokens into shards.
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

    /// - Parameter store: keeps a `TokenShard` archive for good and returns its digest.
    func run(store: ([UInt8]) throws -> Digest) throws -> Packed {
        var packed = try folder.read(Packed.fileName) ?? Packed()
        if packed.validationShard == nil { packed.validationShard = try packValidation(&packed, store: store) }
        var packer = packed.packer(shardTokens: plan.shardTokens)
        func stored(_ tokens: [UInt32]) throws { packed.shards.append(try shard(of: tokens, store: store)) }
        let total = max(settled.takenBytes - packed.validation.bytes, 1)
        var unsaved = 0
        try encode(.training, from: packed.nextBucket) { block in
            packed.training.add(block)
            for (bytes, tokens) in block.lengths { packed.bytesPerToken.add(Double(bytes) / Double(tokens)) }
            try packer.append(block.tokens, emit: stored)
            try progress(PreparationProgress(stage: .packing, done: min(packed.training.bytes, total), total: total))
            unsaved += block.bytes
            guard block.endsBucket, unsaved >= bytesBetweenSaves else { return }
            unsaved = 0
            packed.nextBucket = block.bucket + 1
            packed.keep(packer)
            try folder.save(packed, as: Packed.fileName)
        }
        let sequence = plan.sequenceLength + 1
        guard packed.training.tokens >= sequence else {
            throw DatasetFailure.tooLittleToTrain(tokens: packed.training.tokens, needed: sequence)
        }
        try packer.complete(emit: stored)
        return packed
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
        return try shard(of: tokens, store: store)
    }

    private func shard(of tokens: [UInt32], store: ([UInt8]) throws -> Digest) throws -> DatasetManifest.Shard {
        let archive = try TokenShard.encode(tokens, vocabulary: tokenizer.vocabulary)
        return DatasetManifest.Shard(digest: try store(archive), bytes: archive.count, tokens: tokens.count)
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
