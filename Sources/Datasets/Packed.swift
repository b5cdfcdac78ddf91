/// What packing has made so far: saved with the spool.
struct Packed: Codable, Sendable {
    static let fileName = "packed.json"

    /// The bucket of documents that encoding goes on with.
    var nextBucket = 0
    var training = DatasetManifest.Side()
    var validation = DatasetManifest.Side()
    /// The tokens of the training documents; nil: none are on disk.
    var passages: Passages?
    var shards: [DatasetManifest.Shard] = []
    var validationShard: DatasetManifest.Shard?
    var validationBytes = 0
    /// Of the training documents.
    var bytesPerToken = Histogram.bytesPerToken
}
