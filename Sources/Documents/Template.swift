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

    enum Outcome {
        case written
        /// No field has a character but white space.
        case blank
        case tooLong
    }

    /// Replaces a text by what the fields make of the template.
    ///
    /// - Parameters:
    ///   - values: one for each of `fields`, in their order; nil for an empty one.
    ///   - bytes: in which the values lie; well-formed UTF-8.
    func write(
        _ values: [EncodedField?], in bytes: Span<UInt8>, limit: Int, to text: inout [UInt8]
    ) -> Outcome {
        text.removeAll(keepingCapacity: true)
        var isVisible = false
        for part in parts {
            switch part {
            case .text(let literal): text += literal
            case .field(let index):
                let start = text.count
                values[index]?.append(from: bytes, to: &text)
                isVisible = isVisible || text.span.extracting(start...).visibleRange() != nil
            }
            if text.count > limit { return .tooLong }
        }
        return isVisible ? .written : .blank
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
