/// Finds some members of one JSON object (RFC 8259), and refuses bytes that are not one, without building anything.
struct JSONObject {
    struct Member {
        enum Kind {
            /// Between its quotes.
            case plainString, escapedString
            /// A number, `true` or `false`.
            case literal
            case null
            case container
        }

        var kind: Kind
        var range: Range<Int>
    }

    /// Objects and lists inside one another, this one included.
    static let maximumDepth = 512

    /// Of the names asked for, in their order; nil for those that do not occur.
    private(set) var members: [Member?]
    private let names: [[UInt8]]

    init(names: [String]) {
        self.names = names.map { Array($0.utf8) }
        members = Array(repeating: nil, count: names.count)
    }

    /// Finds the members in bytes of well-formed UTF-8.
    ///
    /// - Returns: false for nothing but white space.
    mutating func scan(_ bytes: Span<UInt8>) throws(MalformedJSON) -> Bool {
        for index in members.indices { members[index] = nil }
        var scanner = JSONScanner()
        scanner.passSpace(bytes)
        if scanner.position == bytes.count { return false }
        try scanner.pass(UInt8(ascii: "{"), in: bytes, else: "it begins with something else")
        var isFirst = true
        while try scanner.passToKey(bytes, isFirst: isFirst) {
            let key = try scanner.passKey(bytes)
            let value = try scanner.passValue(bytes)
            for index in names.indices where Self.isEqual(key, names[index], bytes) { members[index] = value }
            isFirst = false
        }
        scanner.passSpace(bytes)
        guard scanner.position == bytes.count else {
            throw MalformedJSON("something follows the object", at: scanner.position)
        }
        return true
    }

    /// Names of the first members of an object that was scanned.
    static func someNames(in bytes: Span<UInt8>) -> [String] {
        var names: [String] = []
        var scanner = JSONScanner()
        scanner.passSpace(bytes)
        do throws(MalformedJSON) {
            try scanner.pass(UInt8(ascii: "{"), in: bytes, else: "it begins with something else")
            while names.count < 32, try scanner.passToKey(bytes, isFirst: names.isEmpty) {
                let key = try scanner.passKey(bytes)
                names.append(EncodedField(range: key.range, encoding: .escapes).string(in: bytes))
                _ = try scanner.passValue(bytes)
            }
        } catch {}
        return names
    }

    @inline(__always)
    private static func isEqual(_ key: Member, _ name: [UInt8], _ bytes: Span<UInt8>) -> Bool {
        guard key.kind == .plainString else {
            var decoded: [UInt8] = []
            JSONString.append(bytes, key.range, to: &decoded)
            return decoded == name
        }
        guard key.range.count == name.count else { return false }
        for index in name.indices where bytes[key.range.lowerBound + index] != name[index] { return false }
        return true
    }
}
