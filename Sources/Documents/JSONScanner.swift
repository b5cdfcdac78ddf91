/// Passes the parts of JSON (RFC 8259) one after the other.
struct JSONScanner {
    var position = 0
    /// For each container that is open inside the value being passed: whether it is an object.
    private var open: [Bool] = []

    @inline(__always)
    mutating func passSpace(_ bytes: Span<UInt8>) {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    @inline(__always)
    mutating func pass(
        _ byte: UInt8, in bytes: Span<UInt8>, else reason: @autoclosure () -> String
    ) throws(MalformedJSON) {
        guard position < bytes.count, bytes[position] == byte else { throw MalformedJSON(reason(), at: position) }
        position += 1
    }

    /// Passes what stands before a member's name.
    ///
    /// - Returns: false when the object ended instead.
    @inline(__always)
    mutating func passToKey(_ bytes: Span<UInt8>, isFirst: Bool) throws(MalformedJSON) -> Bool {
        passSpace(bytes)
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
            position += 1
            return false
        }
        if !isFirst {
            try pass(UInt8(ascii: ","), in: bytes, else: "a comma or } is missing")
            passSpace(bytes)
        }
        return true
    }

    /// Passes a member's name and the colon.
    @inline(__always)
    mutating func passKey(_ bytes: Span<UInt8>) throws(MalformedJSON) -> JSONObject.Member {
        try pass(.quote, in: bytes, else: "a name in quotes is missing")
        let key = try passString(bytes)
        passSpace(bytes)
        try pass(UInt8(ascii: ":"), in: bytes, else: "a colon is missing")
        return key
    }

    /// Passes a value and the white space before it.
    @inline(__always)
    mutating func passValue(_ bytes: Span<UInt8>) throws(MalformedJSON) -> JSONObject.Member {
        passSpace(bytes)
        guard position < bytes.count else { throw MalformedJSON("a value is missing", at: position) }
        switch bytes[position] {
        case .quote:
            position += 1
            return try passString(bytes)
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            let start = position
            try passContainer(bytes)
            return JSONObject.Member(kind: .container, range: start..<position)
        default: return try passLiteral(bytes)
        }
    }

    /// Passes the rest of a string whose opening quote was passed.
    @inline(__always)
    private mutating func passString(_ bytes: Span<UInt8>) throws(MalformedJSON) -> JSONObject.Member {
        let start = position
        let (end, isEscaped) = try JSONString.end(in: bytes, from: start)
        position = end + 1
        return JSONObject.Member(kind: isEscaped ? .escapedString : .plainString, range: start..<end)
    }

    /// Passes an object or a list with all that is in it, without recursion.
    private mutating func passContainer(_ bytes: Span<UInt8>) throws(MalformedJSON) {
        open.removeAll(keepingCapacity: true)
        repeat {
            // Before a container's first value, or behind the comma of a further one.
            var isFirst = false
            if let isObject = opening(bytes) {
                // The object of the line is one level more.
                guard open.count + 1 < JSONObject.maximumDepth else {
                    throw MalformedJSON("more than \(JSONObject.maximumDepth) levels", at: position)
                }
                open.append(isObject)
                position += 1
                isFirst = true
            } else {
                try passScalar(bytes)
            }
            try passToNext(bytes, isFirst: isFirst)
        } while !open.isEmpty
    }

    /// Whether an object begins here, or a list; nil for another value.
    private func opening(_ bytes: Span<UInt8>) -> Bool? {
        guard position < bytes.count else { return nil }
        return switch bytes[position] {
        case UInt8(ascii: "{"): true
        case UInt8(ascii: "["): false
        default: nil
        }
    }

    /// Passes the ends of containers, and all up to the next value of the one that goes on.
    private mutating func passToNext(_ bytes: Span<UInt8>, isFirst: Bool) throws(MalformedJSON) {
        var isFirst = isFirst
        while let isObject = open.last {
            passSpace(bytes)
            if position < bytes.count, bytes[position] == UInt8(ascii: isObject ? "}" : "]") {
                position += 1
                open.removeLast()
                isFirst = false
                continue
            }
            if !isFirst { try pass(UInt8(ascii: ","), in: bytes, else: "a comma or a closing bracket is missing") }
            passSpace(bytes)
            if isObject {
                _ = try passKey(bytes)
                passSpace(bytes)
            }
            return
        }
    }

    private mutating func passScalar(_ bytes: Span<UInt8>) throws(MalformedJSON) {
        if position < bytes.count, bytes[position] == .quote {
            position += 1
            _ = try passString(bytes)
        } else {
            _ = try passLiteral(bytes)
        }
    }
}
