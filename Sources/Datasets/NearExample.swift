import Deduplication
import WorkUnits

/// A document that was left out because it resembles an earlier one, for a person to look at.
public struct NearExample: Codable, Hashable, Sendable {
    /// File and line.
    public var origin: String
    public var text: String
    public var keptOrigin: String
    public var keptText: String
    /// Estimated Jaccard similarity of the two, 0 … 1.
    public var similarity: Double
}

/// Finds the texts of a few pairs while the records pass by.
struct NearExamples {
    private static let excerptBytes = 400

    private let pairs: [NearDuplicates.Sample]
    private var found: [Int: (file: Int, line: Int, text: String)] = [:]
    private let wanted: Set<Int>

    init(_ pairs: [NearDuplicates.Sample]) {
        self.pairs = pairs
        wanted = Set(pairs.flatMap { [$0.document, $0.original] })
    }

    mutating func collect(_ record: SpoolRecord, from spool: Spool) throws {
        guard wanted.contains(record.number) else { return }
        let text = try FileBytes(path: spool.textsPath(spool.bucket(of: record.rank)))
            .read(min(record.length, Self.excerptBytes), at: record.offset)
        found[record.number] = (record.file, record.line, String(decoding: text, as: UTF8.self))
    }

    func found(files: [SourceFile]) -> [NearExample] {
        pairs.compactMap { pair in
            guard let removed = found[pair.document], let kept = found[pair.original] else { return nil }
            return NearExample(
                origin: "\(files[removed.file].path), line \(removed.line)", text: removed.text,
                keptOrigin: "\(files[kept.file].path), line \(kept.line)", keptText: kept.text,
                similarity: pair.similarity)
        }
    }
}
