/// The part of a resource that a request asks for (RFC 9110, section 14).
///
/// One range of bytes is served. A header with another unit, with several ranges, or that is no range at all is ignored,
/// as section 14.2 allows: the answer is then the whole.
enum ByteRange: Equatable {
    case whole
    case part(Range<Int>)
    /// No byte of the resource lies in the range.
    case unsatisfiable

    /// - Parameters:
    ///   - header: the `Range` field's value.
    ///   - count: bytes of the resource.
    init(_ header: String?, of count: Int) {
        self = .whole
        guard let header, header.lowercased().hasPrefix("bytes=") else { return }
        let bounds = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let first = Self.number(bounds[0]), let last = Self.number(bounds[1]) else { return }
        switch (first, last) {
        case (let first?, let last):
            guard last.map({ $0 >= first }) ?? true else { return }
            self = first < count ? .part(first..<min(last ?? .max, count - 1) + 1) : .unsatisfiable
        case (nil, let suffix?):
            self = suffix > 0 && count > 0 ? .part(max(0, count - suffix)..<count) : .unsatisfiable
        case (nil, nil):
            return
        }
    }

    /// - Returns: nil for what is no number; `.some(nil)` for nothing; more than an `Int` holds is the largest `Int`.
    private static func number(_ text: Substring) -> Int?? {
        let digits = text.trimming(while: \.isWhitespace)
        guard !digits.isEmpty else { return .some(nil) }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return .some(Int(digits) ?? .max)
    }
}

extension Substring {
    func trimming(while isOuter: (Character) -> Bool) -> Substring {
        var text = drop(while: isOuter)
        while let last = text.last, isOuter(last) { text.removeLast() }
        return text
    }
}
