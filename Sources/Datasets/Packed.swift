import Foundation
import WorkUnits

/// What packing has made so far: saved with the spool.
struct Packed: Codable, Sendable {
    static let fileName = "packed.json"

    /// The bucket that packing goes on with.
    var nextBucket = 0
    var training = DatasetManifest.Side()
    var validation = DatasetManifest.Side()
    var shards: [DatasetManifest.Shard] = []
    var validationShard: DatasetManifest.Shard?
    var validationBytes = 0
    /// Of the training documents.
    var bytesPerToken = Histogram.bytesPerToken
    /// The packer's tokens, four bytes each: JSON would need twice as many.
    private var head = Data()
    private var current = Data()

    func packer(shardTokens: Int) -> ShardPacker {
        ShardPacker(shardTokens: shardTokens, head: Self.tokens(head), current: Self.tokens(current))
    }

    mutating func keep(_ packer: ShardPacker) {
        (head, current) = (Self.data(packer.head), Self.data(packer.current))
    }

    private static func data(_ tokens: [UInt32]) -> Data {
        tokens.map(\.littleEndian).withUnsafeBytes { Data($0) }
    }

    private static func tokens(_ data: Data) -> [UInt32] {
        let bytes = [UInt8](data)
        return stride(from: 0, to: bytes.count - 3, by: 4).map { bytes.littleEndian(UInt32.self, at: $0) }
    }
}
