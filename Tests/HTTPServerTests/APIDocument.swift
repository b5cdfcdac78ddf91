import Foundation
import HTTPTypes
import Yams

/// The OpenAPI document in the repository, as something to hold answers against.
struct APIDocument: Sendable {
    private let root: YAMLValue

    /// Read once.
    static let current = Result { try APIDocument() }

    private init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Server/HTTP/openapi.yaml").standardized
        root = try YAMLDecoder().decode(YAMLValue.self, from: try Data(contentsOf: file))
    }

    var version: String? { root["openapi"]?.text }

    /// Every method and path, such as `GET /api/v1/blobs/{digest}`.
    var routes: [String] {
        (root["paths"]?.mapping ?? [:]).flatMap { path, item in
            (item.mapping ?? [:]).keys.filter { $0 != "parameters" }.map { "\($0.uppercased()) \(path)" }
        }
    }

    /// Names of references that lead nowhere.
    var brokenReferences: [String] { root.references.filter { resolve(reference: $0) == nil } }

    /// Schemas that nothing refers to.
    var unusedSchemas: [String] {
        let used = Set(root.references)
        return (root["components"]?["schemas"]?.mapping ?? [:]).keys.filter {
            !used.contains("#/components/schemas/\($0)")
        }
    }

    /// How an answer differs from what the document says about it.
    func problems(with head: HTTPResponse, to method: HTTPRequest.Method, _ uri: String, body: [UInt8]?) -> [String] {
        let path = uri.split(separator: "?").first.map(String.init) ?? uri
        guard let operation = operation(method, path) else {
            return head.status == .notFound ? [] : ["the document has no such operation"]
        }
        let responses = operation["responses"]
        guard
            let response =
                (responses?["\(head.status.code)"] ?? (head.status.code >= 500 ? responses?["default"] : nil))
                .map(resolved)
        else { return ["the document has no such status"] }
        var problems: [String] = []
        for (name, header) in response["headers"]?.mapping ?? [:] where resolved(header)["required"]?.flag == true {
            guard let name = HTTPField.Name(name), head.headerFields[name] != nil else {
                problems.append("header \(name) is missing")
                continue
            }
        }
        guard let body else { return problems }
        let type = head.headerFields[.contentType]?.split(separator: ";").first.map(String.init)
        let content = response["content"]?.mapping ?? [:]
        guard let type, let media = content[type] else {
            return content.isEmpty && body.isEmpty ? problems : problems + ["type \(type ?? "none") is not documented"]
        }
        guard type == "application/json", let schema = media["schema"] else { return problems }
        guard let value = try? JSONDecoder().decode(YAMLValue.self, from: Data(body)) else {
            return problems + ["not JSON"]
        }
        return problems + mismatches(value, schema, at: "body")
    }

    /// A path that is written out goes before one with a parameter.
    private func operation(_ method: HTTPRequest.Method, _ path: String) -> YAMLValue? {
        let paths = root["paths"]?.mapping ?? [:]
        let parts = path.split(separator: "/")
        let template = paths.keys.filter { template in
            let expected = template.split(separator: "/")
            return expected.count == parts.count
                && zip(expected, parts).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }.min { $0.filter { $0 == "{" }.count < $1.filter { $0 == "{" }.count }
        return template.flatMap { paths[$0]?[method.rawValue.lowercased()] }
    }

    // MARK: Schemas

    private func mismatches(_ value: YAMLValue, _ schema: YAMLValue, at path: String) -> [String] {
        let schema = resolved(schema)
        if let choices = schema["oneOf"]?.sequence {
            let fitting = choices.count { mismatches(value, $0, at: path).isEmpty }
            return fitting == 1 ? [] : ["\(path) fits \(fitting) of the choices"]
        }
        if let allowed = schema["enum"]?.sequence, !allowed.contains(value) { return ["\(path) is none of the words"] }
        switch (schema["type"]?.text, value) {
        case ("object", .mapping(let members)):
            let properties = schema["properties"]?.mapping ?? [:]
            let missing = (schema["required"]?.sequence ?? []).compactMap(\.text).filter { members[$0] == nil }
            let unknown =
                schema["additionalProperties"]?.flag == false ? members.keys.filter { properties[$0] == nil } : []
            return missing.map { "\(path).\($0) is missing" } + unknown.map { "\(path).\($0) is not documented" }
                + properties.flatMap { name, property in
                    members[name].map { mismatches($0, property, at: "\(path).\(name)") } ?? []
                }
        case ("array", .sequence(let elements)):
            guard let items = schema["items"] else { return ["\(path) has no items in the document"] }
            return elements.flatMap { mismatches($0, items, at: "\(path)[]") }
        case ("string", .text(let text)):
            guard let pattern = schema["pattern"]?.text else { return [] }
            return text.range(of: pattern, options: .regularExpression) == nil ? ["\(path) is not \(pattern)"] : []
        case ("integer", .number(let number)) where number == number.rounded():
            let minimum = schema["minimum"]?.number ?? -.infinity
            return number < minimum ? ["\(path) is less than \(minimum)"] : []
        case ("number", .number), ("boolean", .flag):
            return []
        case (let type, _):
            return ["\(path) is no \(type ?? "value of a known type")"]
        }
    }

    private func resolved(_ value: YAMLValue) -> YAMLValue {
        value["$ref"]?.text.flatMap { resolve(reference: $0) } ?? value
    }

    private func resolve(reference: String) -> YAMLValue? {
        reference.split(separator: "/").dropFirst().reduce(root) { value, name in value?[String(name)] }
    }
}

/// A value of YAML or JSON.
enum YAMLValue: Hashable, Sendable, Decodable {
    case mapping([String: YAMLValue])
    case sequence([YAMLValue])
    case text(String)
    case number(Double)
    case flag(Bool)
    case nothing

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if let members = try? value.decode([String: YAMLValue].self) {
            self = .mapping(members)
        } else if let elements = try? value.decode([YAMLValue].self) {
            self = .sequence(elements)
        } else if let flag = try? value.decode(Bool.self) {
            self = .flag(flag)
        } else if let number = try? value.decode(Double.self) {
            self = .number(number)
        } else if let text = try? value.decode(String.self) {
            self = .text(text)
        } else {
            self = .nothing
        }
    }

    subscript(_ name: String) -> YAMLValue? { mapping?[name] }

    var mapping: [String: YAMLValue]? { if case .mapping(let members) = self { members } else { nil } }
    var sequence: [YAMLValue]? { if case .sequence(let elements) = self { elements } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }

    /// What `$ref` names, anywhere inside.
    var references: [String] {
        switch self {
        case .mapping(let members): (members["$ref"]?.text.map { [$0] } ?? []) + members.values.flatMap(\.references)
        case .sequence(let elements): elements.flatMap(\.references)
        default: []
        }
    }
}
