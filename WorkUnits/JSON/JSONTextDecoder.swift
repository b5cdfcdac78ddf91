/// Makes values of a `JSONText`: what `Decodable` reads from. Members that nobody asks for are ignored.
struct JSONTextDecoder: Decoder {
    let text: JSONText
    /// What the value is made of.
    let index: Int

    var codingPath: [any CodingKey] { text.path(to: index) }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(try Members(text, index))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try Elements(text, index) }
    func singleValueContainer() -> any SingleValueDecodingContainer { self }

    fileprivate func require<Value>(_ value: Value?) throws -> Value {
        if let value { return value }
        let context = DecodingError.Context(codingPath: codingPath, debugDescription: "not a \(Value.self)")
        throw decodeNil() ? DecodingError.valueNotFound(Value.self, context) : .typeMismatch(Value.self, context)
    }
}

extension JSONTextDecoder: SingleValueDecodingContainer {
    func decodeNil() -> Bool { text.values[index].kind == .null }
    func decode(_ type: Bool.Type) throws -> Bool { try require(text.bool(index)) }
    func decode(_ type: String.Type) throws -> String { try require(text.string(index)) }
    func decode(_ type: Double.Type) throws -> Double { try require(text.double(index)) }
    func decode(_ type: Float.Type) throws -> Float { try require(text.float(index)) }
    func decode(_ type: Int.Type) throws -> Int { try require(text.integer(index)) }
    func decode(_ type: Int8.Type) throws -> Int8 { try require(text.integer(index)) }
    func decode(_ type: Int16.Type) throws -> Int16 { try require(text.integer(index)) }
    func decode(_ type: Int32.Type) throws -> Int32 { try require(text.integer(index)) }
    func decode(_ type: Int64.Type) throws -> Int64 { try require(text.integer(index)) }
    func decode(_ type: UInt.Type) throws -> UInt { try require(text.integer(index)) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try require(text.integer(index)) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try require(text.integer(index)) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try require(text.integer(index)) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try require(text.integer(index)) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }
}

/// An object's members; of a repeated one the first counts.
private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let text: JSONText
    private let index: Int
    /// Of objects that are too large to be searched each time.
    private let places: [String: Int]?

    private static var searched: Int { 16 }

    init(_ text: JSONText, _ index: Int) throws {
        self.text = text
        self.index = index
        let decoder = JSONTextDecoder(text: text, index: index)
        _ = try decoder.require(text.values[index].kind == .object ? [String: Any]() : nil)
        var count = 0
        text.visitMembers(of: index) { _, _ in
            count += 1
            return count <= Self.searched
        }
        guard count > Self.searched else {
            places = nil
            return
        }
        var places: [String: Int] = [:]
        text.visitMembers(of: index) { key, value in
            if let key = text.string(key), places[key] == nil { places[key] = value }
            return true
        }
        self.places = places
    }

    var codingPath: [any CodingKey] { text.path(to: index) }

    var allKeys: [Key] {
        var keys: [Key] = []
        text.visitMembers(of: index) { key, _ in
            if let key = text.string(key).flatMap(Key.init(stringValue:)) { keys.append(key) }
            return true
        }
        return keys
    }

    private func place(of key: Key) -> Int? {
        let name = key.stringValue
        if let places { return places[name] }
        var place: Int?
        text.visitMembers(of: index) { key, value in
            if text.isString(key, name) { place = value }
            return place == nil
        }
        return place
    }

    private func member(_ key: Key) throws -> JSONTextDecoder {
        guard let place = place(of: key) else {
            throw DecodingError.keyNotFound(
                key, DecodingError.Context(codingPath: codingPath, debugDescription: "no such member"))
        }
        return JSONTextDecoder(text: text, index: place)
    }

    func contains(_ key: Key) -> Bool { place(of: key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try member(key).decodeNil() }
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try member(key).decode(type) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try member(key).decode(type) }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try Value(from: member(key))
    }

    func nestedContainer<Nested>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try member(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        try member(key).unkeyedContainer()
    }

    func superDecoder() throws -> any Decoder { JSONTextDecoder(text: text, index: index) }
    func superDecoder(forKey key: Key) throws -> any Decoder { try member(key) }
}

/// An array's elements.
private struct Elements: UnkeyedDecodingContainer {
    private let text: JSONText
    private let index: Int
    private var place: Int
    private(set) var currentIndex = 0

    init(_ text: JSONText, _ index: Int) throws {
        self.text = text
        self.index = index
        place = index + 1
        let decoder = JSONTextDecoder(text: text, index: index)
        _ = try decoder.require(text.values[index].kind == .array ? [Any]() : nil)
    }

    var codingPath: [any CodingKey] { text.path(to: index) }
    var isAtEnd: Bool { place >= text.values[index].next }

    var count: Int? {
        var (count, place) = (currentIndex, place)
        while place < text.values[index].next {
            place = text.values[place].next
            count += 1
        }
        return count
    }

    private mutating func element<Value>(_ body: (JSONTextDecoder) throws -> Value) throws -> Value {
        guard !isAtEnd else {
            let context = DecodingError.Context(codingPath: codingPath, debugDescription: "no more elements")
            throw DecodingError.valueNotFound(Value.self, context)
        }
        let value = try body(JSONTextDecoder(text: text, index: place))
        place = text.values[place].next
        currentIndex += 1
        return value
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, text.values[place].kind == .null else { return false }
        return try element { $0.decodeNil() }
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try element { try Value(from: $0) } }

    mutating func nestedContainer<Nested>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try element { try $0.container(keyedBy: type) }
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try element { try $0.unkeyedContainer() }
    }

    mutating func superDecoder() throws -> any Decoder { try element { $0 } }
}

extension JSONText {
    /// - Parameter body: called with the places of each name and value until it returns false.
    fileprivate func visitMembers(of index: Int, _ body: (Int, Int) -> Bool) {
        var place = index + 1
        while place < values[index].next, body(place, place + 1) { place = values[place + 1].next }
    }

    /// The names and numbers that lead to a value; found when something is wrong with it.
    fileprivate func path(to target: Int) -> [any CodingKey] {
        var path: [any CodingKey] = []
        var index = 0
        while index < target {
            var (place, number) = (index + 1, 0)
            let isObject = values[index].kind == .object
            var found = place
            while place <= target, place < values[index].next {
                found = place
                place = values[isObject ? place + 1 : place].next
                number += 1
            }
            path.append(isObject ? Step(stringValue: string(found) ?? "") : Step(intValue: number - 1))
            index = isObject ? found + 1 : found
        }
        return path
    }

    private struct Step: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(stringValue: String) {
            self.stringValue = stringValue
            intValue = nil
        }

        init(intValue: Int) {
            stringValue = "Index \(intValue)"
            self.intValue = intValue
        }
    }
}
