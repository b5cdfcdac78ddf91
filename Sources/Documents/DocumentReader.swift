import Compression

/// Reads the documents of one file, one after the other, in constant memory.
///
/// Whatever bytes come, reading goes on: what cannot be read is a problem in its place among the documents, and costs a
/// document, a line or a row, or a gzip member from its broken place on. Documents never join across such a place.
/// Documents of white space are passed. The same bytes give the same readings, however they arrive.
///
///     for reading in try DocumentReader(path: "prompts.csv", options: ReadingOptions(template: "{act}: {prompt}")) {
///         switch reading {
///         case .document(let document): …
///         case .problem(let problem): …
///         }
///     }
public final class DocumentReader: Sequence, IteratorProtocol {
    private var window: TextWindow
    private var records: any RecordReader

    /// Opens a file, or standard input for the path `-`, and reads its beginning.
    ///
    /// - Throws: when nothing of it can be read: it is missing, no text, has no such column …
    public convenience init(path: String, options: ReadingOptions = ReadingOptions()) throws(ReadingProblem) {
        let isInput = path == Self.standardInput
        let source = isInput ? FileSource.standardInput() : try FileSource(path: path)
        try self.init(source, name: isInput ? "standard input" : path, options: options)
    }

    /// The path that stands for standard input.
    public static let standardInput = "-"

    /// Begins to read bytes from anywhere.
    ///
    /// - Parameter name: the path of documents' origins; its end tells the format unless the options do.
    /// - Throws: when nothing of it can be read.
    public init(
        _ source: any ByteSource, name: String, options: ReadingOptions = ReadingOptions()
    ) throws(ReadingProblem) {
        let template = try options.checkedTemplate(for: name)
        let limit = options.checkedLimit
        let supply: TextSupply
        do throws(UnreadableSource) {
            supply = try TextSupply(source, name: name)
        } catch {
            throw ReadingProblem(.unreadable(reason: error.reason), at: Origin(source: name))
        }
        window = TextWindow(supply, source: name, limit: limit)
        try FirstBlock.check(&window)
        switch options.format ?? TextFormat(path: name) {
        case .text: records = SectionReader(separator: options.separator, limit: limit)
        case .jsonLines: records = JSONLinesReader(template: template ?? Template(field: "text"), limit: limit)
        case .commaSeparated:
            records = try TableReader(
                template: template, delimiter: UInt8(ascii: ","), quotes: options.quotes, limit: limit, window: &window)
        case .tabSeparated:
            records = try TableReader(
                template: template, delimiter: UInt8(ascii: "\t"), quotes: options.quotes, limit: limit, window: &window
            )
        }
    }

    /// The next document or problem; nil at the end, from then on always.
    public func next() -> Reading? {
        while true {
            switch records.next(&window) {
            case .reading(let reading): return reading
            case .blank: continue
            case .boundary:
                let problem = window.boundaryProblem
                window.passBoundary()
                guard let problem else { return nil }
                return .problem(problem)
            }
        }
    }
}
