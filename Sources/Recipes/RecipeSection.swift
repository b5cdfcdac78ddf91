import Documents
import WorkUnits
import Yams

/// One mapping of a recipe. Reads values by key; every refusal knows its line.
struct RecipeSection {
    private let path: String
    /// `federation.strategy`; empty at the top.
    private let name: String
    private let line: Int
    private let keys: [String]
    private let values: [String: (node: Node, line: Int)]

    /// - Parameter keys: all that may occur.
    init(_ node: Node, name: String, path: String, keys: [String]) throws(RecipeFailure) {
        let line = node.mark?.line ?? 1
        guard let mapping = node.mapping else {
            throw RecipeFailure(
                path: path, line: line, reason: "\(name.isEmpty ? "a recipe" : name) must have keys and values")
        }
        var values: [String: (node: Node, line: Int)] = [:]
        for (key, value) in mapping {
            let place = key.mark?.line ?? line
            guard let text = key.scalar?.string else {
                throw RecipeFailure(path: path, line: place, reason: "a key must be a name")
            }
            guard keys.contains(text) else {
                let whole = name.isEmpty ? text : "\(name).\(text)"
                throw RecipeFailure(
                    path: path, line: place,
                    reason: "unknown key '\(whole)'; \(NearestName.advice(for: text, among: keys))")
            }
            values[text] = (value, place)
        }
        (self.path, self.name, self.line, self.keys, self.values) = (path, name, line, keys, values)
    }

    private init(empty name: String, path: String, line: Int, keys: [String]) {
        (self.path, self.name, self.line, self.keys, self.values) = (path, name, line, keys, [:])
    }

    func contains(_ key: String) -> Bool { keys.contains(key) }

    func isGiven(_ key: String) -> Bool { values[key] != nil }

    /// A refusal of this key's value, at its line or, where a default was taken, at the section's.
    func failure(_ key: String, _ reason: String) -> RecipeFailure {
        RecipeFailure(
            path: path, line: values[key]?.line ?? line, reason: "\(name.isEmpty ? key : "\(name).\(key)"): \(reason)")
    }

    /// The value's node.
    func require(_ key: String) throws(RecipeFailure) -> Node {
        guard let value = values[key] else { throw failure(key, "is missing") }
        return value.node
    }

    /// The text of a value that is written without quotes, so that it may be a number.
    private func plainText(_ key: String) throws(RecipeFailure) -> String? {
        guard let scalar = try require(key).scalar, scalar.style == .plain else { return nil }
        return scalar.string
    }
}

// MARK: Values

extension RecipeSection {
    func integer<Value: FixedWidthInteger>(
        _ key: String, in range: ClosedRange<Value> = .min ... .max, default value: Value? = nil
    ) throws(RecipeFailure) -> Value {
        if let value, !isGiven(key) { return value }
        guard let text = try plainText(key), let number = Value(text) else {
            throw failure(key, "must be a whole number")
        }
        guard range.contains(number) else {
            throw failure(key, "\(number) is not between \(range.lowerBound) and \(range.upperBound)")
        }
        return number
    }

    func number(_ key: String, default value: Double? = nil) throws(RecipeFailure) -> Double {
        if let value, !isGiven(key) { return value }
        guard let text = try plainText(key), let number = Double(text), number.isFinite else {
            throw failure(key, "must be a number")
        }
        return number
    }

    func text(_ key: String, length: ClosedRange<Int>) throws(RecipeFailure) -> String {
        guard let text = Self.text(try require(key)) else { throw failure(key, "must be text; put it in quotes") }
        guard length.contains(text.count),
            !text.unicodeScalars.contains(where: { $0.properties.generalCategory == .control })
        else { throw failure(key, "must be \(length.lowerBound) to \(length.upperBound) characters on one line") }
        return text
    }

    func texts(_ key: String) throws(RecipeFailure) -> [String] {
        let texts = try require(key).sequence?.map(Self.text)
        guard let texts, texts.allSatisfy({ $0?.isEmpty == false }) else {
            throw failure(key, "must be a list of texts, such as [\"one\", \"two\"]")
        }
        return texts.compactMap(\.self)
    }

    func flag(_ key: String, default value: Bool) throws(RecipeFailure) -> Bool {
        guard isGiven(key) else { return value }
        guard let flag = try plainText(key).flatMap(Bool.init) else { throw failure(key, "must be true or false") }
        return flag
    }

    func choice<Value: RawRepresentable<String> & CaseIterable>(
        _ key: String, default value: Value
    ) throws(RecipeFailure) -> Value {
        guard isGiven(key) else { return value }
        let text = Self.text(try require(key)) ?? ""
        guard let choice = Value(rawValue: text) else {
            throw failure(
                key, "'\(text)' is unknown; \(NearestName.advice(for: text, among: Value.allCases.map(\.rawValue)))")
        }
        return choice
    }

    /// - Parameter isOptional: a section that is not there is read as an empty one.
    func section(_ key: String, keys: [String], isOptional: Bool = false) throws(RecipeFailure) -> RecipeSection {
        let name = name.isEmpty ? key : "\(name).\(key)"
        if isOptional, !isGiven(key) { return RecipeSection(empty: name, path: path, line: line, keys: keys) }
        return try RecipeSection(try require(key), name: name, path: path, keys: keys)
    }

    /// A list of sections with the same keys.
    func sections(_ key: String, keys: [String]) throws(RecipeFailure) -> [RecipeSection] {
        guard let nodes = try require(key).sequence else { throw failure(key, "must be a list") }
        var sections: [RecipeSection] = []
        for (index, node) in nodes.enumerated() {
            sections.append(try RecipeSection(node, name: "\(name).\(key)[\(index)]", path: path, keys: keys))
        }
        return sections
    }

    private static func text(_ node: Node) -> String? {
        node.tag.description == Tag.Name.str.rawValue ? node.scalar?.string : nil
    }
}
