/// JSON lines: one object a line, of which some members make a document.
///
/// Strings stand as they mean, numbers and truth values as they are written, and null is empty. Of members with the
/// same name the last one counts. Lines of white space are passed.
struct JSONLinesReader: RecordReader {
    private let template: Template
    private let limit: Int
    private var object: JSONObject

    init(template: Template, limit: Int) {
        self.template = template
        self.limit = limit
        object = JSONObject(names: template.fields)
    }

    mutating func next(_ window: inout TextWindow) -> RecordStep {
        switch window.nextLine(limit: limit) {
        case .boundary: return .boundary
        case .tooLong(let origin): return .reading(.problem(ReadingProblem(.tooLong(limit: limit), at: origin)))
        case .bytes(let count, let whole):
            defer { window.drop(whole) }
            do throws(LineFailure) {
                let found = try window.read { (bytes) throws(LineFailure) -> [UInt8]? in
                    try text(of: bytes.extracting(..<count))
                }
                guard let found, let document = Document(trimming: found, at: window.origin()) else { return .blank }
                return .reading(.document(document))
            } catch {
                let origin = window.origin(of: error.position)
                return .reading(.problem(ReadingProblem(error.kind, at: origin)))
            }
        }
    }

    private struct LineFailure: Error {
        var kind: ReadingProblem.Kind
        var position = 0
    }

    /// - Returns: nil if there is nothing to say.
    private mutating func text(of line: Span<UInt8>) throws(LineFailure) -> [UInt8]? {
        if let malformed = UTF8Check.firstMalformed(in: line) {
            throw LineFailure(kind: .malformedUTF8, position: malformed)
        }
        do throws(MalformedJSON) {
            guard try object.scan(line) else { return nil }
        } catch {
            throw LineFailure(kind: .malformedJSON(reason: error.reason), position: error.position)
        }
        var values: [[UInt8]] = []
        values.reserveCapacity(template.fields.count)
        for (name, member) in zip(template.fields, object.members) { values.append(try value(of: member, name, line)) }
        if values.count == 1, case .field = template.parts[0], template.parts.count == 1 { return values[0] }
        if values.allSatisfy({ $0.span.visibleRange() == nil }) { return nil }
        guard let text = template.text(of: values, limit: limit) else {
            throw LineFailure(kind: .tooLong(limit: limit))
        }
        return text
    }

    private func value(
        of member: JSONObject.Member?, _ name: String, _ line: Span<UInt8>
    ) throws(LineFailure) -> [UInt8] {
        guard let member else {
            let advice = NearestName.advice(for: name, among: JSONObject.someNames(in: line))
            throw LineFailure(kind: .missingField(name: name, advice: advice))
        }
        switch member.kind {
        case .plainString, .literal: return line.copy(member.range)
        case .escapedString: return JSONString.decode(line, member.range)
        case .null: return []
        case .container: throw LineFailure(kind: .fieldIsNoText(name: name))
        }
    }
}
