/// Finds the values of a JSON text, in one pass.
struct JSONScanner {
    private let bytes: [UInt8]
    private(set) var values: [JSONText.Value] = []
    /// Numbers that may be too large for any type.
    private(set) var doubtful: [Int] = []
    private var place = 0

    /// Deeper values than any document has are not read.
    static let maximumDepth = 512

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        values.reserveCapacity(bytes.count / 16 + 1)
    }

    /// - Returns: whether all bytes are one value.
    mutating func readWhole() -> Bool {
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
        guard readValue(depth: 0) else { return false }
        skipSpace()
        return place == bytes.count
    }

    private var byte: UInt8 { place < bytes.count ? bytes[place] : 0 }

    private mutating func skipSpace() {
        while byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { place += 1 }
    }

    private mutating func take(_ expected: UInt8) -> Bool {
        guard byte == expected else { return false }
        place += 1
        return true
    }

    private mutating func readValue(depth: Int) -> Bool {
        skipSpace()
        switch byte {
        case UInt8(ascii: "{"): return readObject(depth: depth)
        case UInt8(ascii: "["): return readArray(depth: depth)
        case UInt8(ascii: "\""): return readString()
        case UInt8(ascii: "t"): return readWord("true", .bool)
        case UInt8(ascii: "f"): return readWord("false", .bool)
        case UInt8(ascii: "n"): return readWord("null", .null)
        default: return readNumber()
        }
    }

    private mutating func readArray(depth: Int) -> Bool {
        readGroup(.array, end: UInt8(ascii: "]"), depth: depth) { $0.readValue(depth: depth + 1) }
    }

    private mutating func readObject(depth: Int) -> Bool {
        readGroup(.object, end: UInt8(ascii: "}"), depth: depth) {
            $0.skipSpace()
            guard $0.readString() else { return false }
            $0.skipSpace()
            return $0.take(UInt8(ascii: ":")) && $0.readValue(depth: depth + 1)
        }
    }

    private mutating func readGroup(
        _ kind: JSONText.Kind, end: UInt8, depth: Int, _ readPart: (inout JSONScanner) -> Bool
    ) -> Bool {
        guard depth < Self.maximumDepth else { return false }
        let (index, start) = (values.count, place)
        values.append(JSONText.Value(kind: kind, bytes: start..<start))
        place += 1
        skipSpace()
        if !take(end) {
            repeat {
                guard readPart(&self) else { return false }
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(end) else { return false }
        }
        values[index].bytes = start..<place
        values[index].next = values.count
        return true
    }

    private mutating func readString() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        let start = place
        var kind = JSONText.Kind.string
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            if bytes[place] == UInt8(ascii: "\\") {
                kind = .escapedString
                place += 1
            }
            guard byte >= 0x20 else { return false }
            place += 1
        }
        append(kind, start..<place)
        return take(UInt8(ascii: "\""))
    }

    private mutating func readWord(_ word: StaticString, _ kind: JSONText.Kind) -> Bool {
        let end = place + word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        let text = bytes[place..<end]
        guard word.withUTF8Buffer({ text.elementsEqual($0) }) else { return false }
        append(kind, place..<end)
        place = end
        return true
    }

    private mutating func readNumber() -> Bool {
        let start = place
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), readDigits() == 0 { return false }
        let whole = place
        if take(UInt8(ascii: ".")), readDigits() == 0 { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            if readDigits() == 0 { return false }
        }
        append(.number, start..<place)
        if place > whole || place - start > 300 { doubtful.append(values.count - 1) }
        return true
    }

    private mutating func readDigits() -> Int {
        let start = place
        while (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
        return place - start
    }

    private mutating func append(_ kind: JSONText.Kind, _ range: Range<Int>) {
        values.append(JSONText.Value(kind: kind, bytes: range, next: values.count + 1))
    }
}
