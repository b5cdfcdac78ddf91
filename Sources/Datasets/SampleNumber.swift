/// How a sample of the cleaning names its document.
struct SampleNumber {
    var file: Int
    /// Counts the file's documents from 0.
    var document: Int

    var value: UInt64 { UInt64(file) << 32 | UInt64(document) }

    init(file: Int, document: Int) {
        (self.file, self.document) = (file, document)
    }

    init(_ value: UInt64) {
        (file, document) = (Int(value >> 32), Int(value & 0xFFFF_FFFF))
    }
}
