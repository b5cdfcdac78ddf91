import Documents

/// How far reading has come.
struct ReadingPosition: Codable, Hashable, Sendable {
    /// Index of a file.
    var file = 0
    /// How many documents and problems of that file were taken.
    var readings = 0
    /// Where in the file's text the last of them began.
    var byte = 0
}

/// Documents that are worked on together, all of one file.
struct DocumentBlock: Sendable {
    var documents: [Document] = []
    var problems: [ReadingProblem] = []
    /// Index of the file.
    var file: Int
    var source: Int
    /// Which of the file's readings the first one is, from 0.
    var firstDocument: Int
    /// Where reading goes on after it.
    var position: ReadingPosition
    /// Bytes of text.
    var bytes = 0
}

/// Reads files one after the other and hands on what they hold in blocks.
struct BlockReader {
    /// A block is full with so many bytes of text, or so many readings.
    private static let blockBytes = 1 << 20
    private static let blockReadings = 4096

    private let plan: DatasetPlan
    private let files: [SourceFile]
    private var position: ReadingPosition
    private var reader: DocumentReader?

    /// - Parameter position: what lies before it is read again, but not handed on.
    init(plan: DatasetPlan, files: [SourceFile], position: ReadingPosition) {
        self.plan = plan
        self.files = files
        self.position = position
    }

    /// - Returns: nil after the last file.
    mutating func next() -> DocumentBlock? {
        guard position.file < files.count else { return nil }
        let file = files[position.file]
        var block = DocumentBlock(
            file: position.file, source: file.source, firstDocument: position.readings, position: position)
        if reader == nil {
            do {
                reader = try DocumentReader(path: file.path, options: plan.sources[file.source].reading)
            } catch {
                block.problems.append(error)
            }
            for _ in 0..<position.readings { _ = reader?.next() }
        }
        while block.bytes < Self.blockBytes, block.position.readings - position.readings < Self.blockReadings {
            guard let reading = reader?.next() else {
                block.position = ReadingPosition(file: position.file + 1)
                reader = nil
                break
            }
            block.position.readings += 1
            switch reading {
            case .document(let document):
                block.position.byte = document.origin.byte
                block.bytes += document.text.count
                block.documents.append(document)
            case .problem(let problem): block.problems.append(problem)
            }
        }
        position = block.position
        return block
    }
}
