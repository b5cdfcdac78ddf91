/// How files become documents. What does not concern a file's format is not looked at.
public struct ReadingOptions: Codable, Hashable, Sendable {
    /// Text: a line that divides a file into documents, such as `%`; an empty one means blank lines. nil: a file is one
    /// document.
    public var separator: String?
    /// JSON lines and tables: the field or column that holds the text. nil: `text`, or a table's only column.
    public var field: String?
    /// JSON lines and tables: what a document is made of, such as `{act}: {prompt}`, instead of one field; see `Template`.
    public var template: String?
    /// nil: by the file's name.
    public var format: TextFormat?
    /// Tables: whether `"` quotes. Without, as in IANA's text/tab-separated-values, each line is a row.
    public var quotes: Bool
    /// Files and folders that are not read: shell patterns such as `*.dat`, for names or for paths below a folder.
    public var excluded: [String]
    /// A longer document, line of JSON or row of a table is lost. Memory grows to about three times this.
    public var maximumDocumentBytes: Int

    public init(
        separator: String? = nil, field: String? = nil, template: String? = nil, format: TextFormat? = nil,
        quotes: Bool = true, excluded: [String] = [], maximumDocumentBytes: Int = 32 << 20
    ) {
        self.separator = separator
        self.field = field
        self.template = template
        self.format = format
        self.quotes = quotes
        self.excluded = excluded
        self.maximumDocumentBytes = maximumDocumentBytes
    }
}
