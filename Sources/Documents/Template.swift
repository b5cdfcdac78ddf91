/// What a document is made of: text and named fields, such as `{act}: {prompt}`.
///
/// A field's name stands in braces; `{{` and `}}` are braces of the text.
public struct Template: Hashable, Sendable {
    enum Part: Hashable, Sendable {
        case text([UInt8])
        /// The index of its name among `fields`.
        case field(Int)
    }

    /// The names that occur, each once.
    public private(set) var fields: [String] = []
    private(set) var parts: [Part] = []

    /// A single field.
    init(field: String) {
        fields = [field]
        parts = [.field(0)]
    }

    /// - Throws: for a brace without its fellow, an empty name, or if no field is named.
    public init(_ text: String) throws(MalformedTemplate) {
        var rest = Substring(text)
        var literal = ""
        while let brace = rest.firstIndex(where: { $0 == "{" || $0 == "}" }) {
            literal += rest[..<brace]
            let behind = rest[rest.index(after: brace)...]
            if behind.first == rest[brace] {
                literal.append(rest[brace])
                rest = behind.dropFirst()
                continue
            }
            guard rest[brace] == "{", let close = behind.firstIndex(where: { $0 == "{" || $0 == "}" }),
                behind[close] == "}", close > behind.startIndex
            else { throw MalformedTemplate(template: text) }
            append(literal)
            literal = ""
            append(field: String(behind[..<close]))
            rest = behind[behind.index(after: close)...]
        }
        append(literal + rest)
        guard !fields.isEmpty else { throw MalformedTemplate(template: text) }
    }

    private mutating func append(_ literal: String) {
        if !literal.isEmpty { parts.append(.text(Array(literal.utf8))) }
    }

    private mutating func append(field: String) {
        let index = fields.firstIndex(of: field) ?? fields.count
        if index == fields.count { fields.append(field) }
        parts.append(.field(index))
    }

    /// - Parameter values: of `fields`, in their order.
    /// - Returns: nil for a text of more than `limit` bytes.
    func text(of values: [[UInt8]], limit: Int) -> [UInt8]? {
        var text: [UInt8] = []
        for part in parts {
            switch part {
            case .text(let bytes): text += bytes
            case .field(let index): text += values[index]
            }
            guard text.count <= limit else { return nil }
        }
        return text
    }
}

/// A template whose braces do not name fields.
public struct MalformedTemplate: Error, Hashable, Sendable, CustomStringConvertible {
    public var template: String

    public init(template: String) {
        self.template = template
    }

    public var description: String {
        "'\(template)' is not a template: it must name a field in braces, as in '{act}: {prompt}'; a brace of the text"
            + " is written twice"
    }
}
