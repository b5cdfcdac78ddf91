import WorkUnits

/// What the spool knows of a document beside its text.
struct SpoolRecord: Hashable, Sendable {
    var rank: Rank
    /// Counts the documents in the order of reading, from 0.
    var number: Int
    /// Where the text begins in its bucket's file.
    var offset: Int
    /// The line on which the text began, from 1.
    var line: Int
    /// Bytes of the text.
    var length: Int
    /// Index of the file that it was read from.
    var file: Int

    /// Bytes of an encoded record.
    static let size = 64

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.size)
        rank.append(to: &bytes)
        bytes.appendLittleEndian(UInt64(number))
        bytes.appendLittleEndian(UInt64(offset))
        bytes.appendLittleEndian(UInt64(line))
        bytes.appendLittleEndian(UInt32(length))
        bytes.appendLittleEndian(UInt32(file))
        return bytes
    }

    /// All records of a file's bytes; a rest that is no whole record is ignored.
    static func read(_ bytes: [UInt8]) -> [SpoolRecord] {
        stride(from: 0, to: bytes.count - size + 1, by: size).map { start in
            SpoolRecord(
                rank: Rank(bytes, at: start), number: Int(bytes.littleEndian(UInt64.self, at: start + 32)),
                offset: Int(bytes.littleEndian(UInt64.self, at: start + 40)),
                line: Int(bytes.littleEndian(UInt64.self, at: start + 48)),
                length: Int(bytes.littleEndian(UInt32.self, at: start + 56)),
                file: Int(bytes.littleEndian(UInt32.self, at: start + 60)))
        }
    }
}
