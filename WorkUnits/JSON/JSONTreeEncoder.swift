/// Describes values to a `JSONTree`: what `Encodable` writes to.
struct JSONTreeEncoder: Encoder {
    let tree: JSONTree
    /// What the value becomes.
    let node: Int

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        tree.open(node, as: .object)
        return KeyedEncodingContainer(Members(tree: tree, node: node))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        tree.open(node, as: .array)
        return Elements(tree: tree, node: node)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }
}

extension JSONTreeEncoder: SingleValueEncodingContainer {
    func encodeNil() { tree.setScalar(node) { $0 += "null".utf8 } }
    func encode(_ value: Bool) { tree.setScalar(node) { $0 += (value ? "true" : "false").utf8 } }
    func encode(_ value: String) { tree.setScalar(node) { $0.append(quoted: value) } }
    func encode(_ value: Double) throws { try encodeNumber(value) }
    func encode(_ value: Float) throws { try encodeNumber(value) }
    func encode(_ value: Int) { encodeInteger(value) }
    func encode(_ value: Int8) { encodeInteger(value) }
    func encode(_ value: Int16) { encodeInteger(value) }
    func encode(_ value: Int32) { encodeInteger(value) }
    func encode(_ value: Int64) { encodeInteger(value) }
    func encode(_ value: UInt) { encodeInteger(value) }
    func encode(_ value: UInt8) { encodeInteger(value) }
    func encode(_ value: UInt16) { encodeInteger(value) }
    func encode(_ value: UInt32) { encodeInteger(value) }
    func encode(_ value: UInt64) { encodeInteger(value) }

    func encode(_ value: some Encodable) throws { try value.encode(to: self) }

    private func encodeInteger(_ value: some FixedWidthInteger) {
        tree.setScalar(node) { $0 += value.description.utf8 }
    }

    /// The shortest text that reads back the same, without a fraction of nothing.
    private func encodeNumber(_ value: some BinaryFloatingPoint & CustomStringConvertible) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(
                value, EncodingError.Context(codingPath: [], debugDescription: "\(value) has no form in JSON"))
        }
        var text = value.description
        if text.hasSuffix(".0") { text.removeLast(2) }
        tree.setScalar(node) { $0 += text.utf8 }
    }
}

/// An object's members.
private struct Members<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let tree: JSONTree
    let node: Int

    var codingPath: [any CodingKey] { [] }

    private func member(_ key: some CodingKey) -> JSONTreeEncoder {
        JSONTreeEncoder(tree: tree, node: tree.child(of: node, key: key.stringValue))
    }

    func encodeNil(forKey key: Key) { member(key).encodeNil() }
    func encode(_ value: Bool, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: String, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: Int, forKey key: Key) { member(key).encode(value) }
    func encode(_ value: some Encodable, forKey key: Key) throws { try value.encode(to: member(key)) }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer { member(key).unkeyedContainer() }
    func superEncoder(forKey key: Key) -> any Encoder { member(key) }

    func superEncoder() -> any Encoder {
        JSONTreeEncoder(tree: tree, node: tree.child(of: node, key: "super"))
    }
}

/// An array's elements.
private struct Elements: UnkeyedEncodingContainer {
    let tree: JSONTree
    let node: Int

    var codingPath: [any CodingKey] { [] }
    var count: Int { tree.childCount(of: node) }

    private var element: JSONTreeEncoder { JSONTreeEncoder(tree: tree, node: tree.child(of: node)) }

    func encodeNil() { element.encodeNil() }
    func encode(_ value: some Encodable) throws { try value.encode(to: element) }

    func nestedContainer<Nested>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        element.container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { element.unkeyedContainer() }
    func superEncoder() -> any Encoder { element }
}
