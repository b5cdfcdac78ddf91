/// JSON lines: one object a line, of which some members make a document.
///
/// Strings stand as they mean, numbers and truth values as they are written, and null is empty. Of members with the
/// same name the last one counts. Lines of white space are passed.
struct JSONLinesReader: RecordReader {
    private let template: Template
    private let limit: Int
    private var object: JSONObject
    /// Of the line being read: the members that the template names, and what it makes of them.
    private var values: [EncodedField?]
    private var text: [UInt8] = []
    /// The advice given last, and what it was given for.
    private var advised: (name: String, names: [String], advice: String)?

    init(template: Template, limit: Int) {
        self.template = template
        self.limit = limit
        object = JSONObject(names: template.fields)
        values = Array(repeating: nil, count: template.fields.count)
    }

    mutating func next(_ window: inout TextWindow) -> RecordStep {
        switch window.nextLine(limit: limit) {
        case .boundary: return .boundary
        case .tooLong(let origin): return .reading(.problem(ReadingProblem(.tooLong(limit: limit), at: origin)))
        case .bytes(let count, let whole):
            defer { window.drop(whole) }
            do throws(LineFailure) {
                switch try window.read({ (bytes) throws(LineFailure) in try write(bytes.extracting(..<count)) }) {
                case .blank: return .blank
                case .tooLong: throw LineFailure(kind: .tooLong(limit: limit))
                case .written: return .document(trimming: text, at: window.origin())
                }
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

    private mutating func write(_ line: Span<UInt8>) throws(LineFailure) -> Template.Outcome {
        if let malformed = UTF8Check.firstMalformed(in: line) {
            throw LineFailure(kind: .malformedUTF8, position: malformed)
        }
        do throws(MalformedJSON) {
            guard try object.scan(line) else { return .blank }
        } catch {
            throw LineFailure(kind: .malformedJSON(reason: error.reason), position: error.position)
        }
        for index in values.indices { values[index] = try value(of: index, line) }
        return template.write(values, in: line, limit: limit, to: &text)
    }

    private mutating func value(of index: Int, _ line: Span<UInt8>) throws(LineFailure) -> EncodedField? {
        guard let member = object.members[index] else {
            let name = template.fields[index]
            throw LineFailure(kind: .missingField(name: name, advice: advice(for: name, in: line)))
        }
        return switch member.kind {
        case .plainString, .literal: EncodedField(range: member.range)
        case .escapedString: EncodedField(range: member.range, encoding: .escapes)
        case .null: nil
        case .container: throw LineFailure(kind: .fieldIsNoText(name: template.fields[index]))
        }
    }

    /// Lines mostly have the same names, and so the same advice, which takes longer than the line.
    private mutating func advice(for name: String, in line: Span<UInt8>) -> String {
        let names = JSONObject.someNames(in: line)
        if let advised, advised.name == name, advised.names == names { return advised.advice }
        let advice = NearestName.advice(for: name, among: names)
        advised = (name, names, advice)
        return advice
    }
}
