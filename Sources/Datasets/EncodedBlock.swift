import Tokenization

/// The tokens of a block's documents, an end of text after each.
struct EncodedBlock: Sendable {
    var tokens: [UInt32] = []
    /// Of each document.
    var lengths: [(bytes: Int, tokens: Int)] = []
    var bytes: Int
    var bucket: Int
    var endsBucket: Bool

    init(_ block: TextBlock, with encoder: inout TokenEncoder, endOfText: UInt32) {
        (bytes, bucket, endsBucket) = (block.bytes, block.bucket, block.endsBucket)
        for text in block.texts {
            let start = tokens.count
            text.withUnsafeBytes { encoder.encode($0, into: &tokens) }
            tokens.append(endOfText)
            lengths.append((text.count, tokens.count - start))
        }
    }
}
