/// One way to write blanks: the rules of `CleaningStep.whitespace`, applied in one pass.
struct Whitespace {
    /// - Returns: the text with them applied, or nil if nothing changes.
    static func tidied(_ text: [UInt8]) -> [UInt8]? {
        var isChanged = false
        let output = [UInt8](unsafeUninitializedCapacity: text.count) { output, count in
            text.withUnsafeBufferPointer { text in
                var writer = Whitespace(output)
                writer.write(text)
                count = writer.count
                isChanged = writer.isReplacing || count != text.count
            }
        }
        return isChanged ? output : nil
    }

    private let output: UnsafeMutableBufferPointer<UInt8>
    private var count = 0
    /// Bytes that the current line had when its last visible character was written; what follows are blanks.
    private var visibleEnd = 0
    /// Whether the current line has a visible character.
    private var isVisible = false
    /// Line ends written since the last visible line, that line's own included; 2 is one blank line.
    private var lineEnds = 2
    /// Whether a byte became another one.
    private var isReplacing = false

    private init(_ output: UnsafeMutableBufferPointer<UInt8>) { self.output = output }

    private mutating func write(_ text: UnsafeBufferPointer<UInt8>) {
        var index = 0
        while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: " "): space()
            case UInt8(ascii: "\t"): put(byte)
            case UInt8(ascii: "\n"): endLine()
            case 0x0D:
                if index + 1 < text.count, text[index + 1] == 0x0A { index += 1 }
                isReplacing = true
                endLine()
            case 0x0B, 0x0C:
                isReplacing = true
                endLine()
            case 0xC2, 0xE1, 0xE2:
                index += special(UTF8Scalar(text, at: index), text, at: index)
                continue
            default:
                index = putRun(text, from: index)
                continue
            }
            index += 1
        }
        finish()
    }

    /// Writes a character that may be a blank or a line end.
    /// - Returns: its bytes in the text.
    private mutating func special(_ scalar: UTF8Scalar, _ text: UnsafeBufferPointer<UInt8>, at index: Int) -> Int {
        switch scalar.value {
        case 0x85, 0x2028, 0x2029:
            isReplacing = true
            endLine()
        case 0xA0, 0x1680, 0x2000...0x200A, 0x202F, 0x205F:
            isReplacing = true
            space()
        default:
            for position in index..<index + scalar.length { putVisible(text[position]) }
        }
        return scalar.length
    }

    // SAFETY: every call writes at most one byte for at least one byte of the text, and `output` is as long as the text.
    private mutating func put(_ byte: UInt8) {
        output[count] = byte
        count += 1
    }

    private mutating func putVisible(_ byte: UInt8) {
        put(byte)
        visibleEnd = count
        isVisible = true
    }

    /// Copies from a visible byte on, as long as there is nothing to decide: visible bytes with single spaces.
    /// - Returns: where it stopped.
    private mutating func putRun(_ text: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
        // Local, as a store of a byte could change anything that self holds.
        let output = output
        let shift = count - start
        var index = start
        var last: UInt8 = 0
        while index < text.count {
            let byte = text[index]
            let isPlain = byte > 0x20 && (byte < 0xC2 || byte > 0xE2)
            guard isPlain || (byte == 0x20 && last != 0x20) || index == start else { break }
            output[index &+ shift] = byte
            last = byte
            index &+= 1
        }
        count = index + shift
        visibleEnd = last == 0x20 ? count - 1 : count
        isVisible = true
        return index
    }

    private mutating func space() {
        if isVisible, count > 0, output[count - 1] == UInt8(ascii: " ") { return }
        put(UInt8(ascii: " "))
    }

    private mutating func endLine() {
        count = visibleEnd
        lineEnds = isVisible ? 1 : lineEnds + 1
        isVisible = false
        guard lineEnds <= 2 else { return }
        put(UInt8(ascii: "\n"))
        visibleEnd = count
    }

    /// Drops blanks at the end, and blank lines.
    private mutating func finish() {
        count = visibleEnd
        if !isVisible, lineEnds >= 2, count > 0 { count -= 1 }
    }
}
