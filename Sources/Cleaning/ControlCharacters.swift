/// Characters that are never seen and carry no text.
enum ControlCharacters {
    /// - Returns: the text without them, or nil if there are none.
    static func removed(from text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBufferPointer { text in
            var output: [UInt8] = []
            var copied = 0
            var index = 0
            while index < text.count {
                let byte = text[index]
                if !canStart[Int(byte)] {
                    index += 1
                    continue
                }
                let scalar = UTF8Scalar(text, at: index)
                if isControl(scalar.value) {
                    output += text[copied..<index]
                    copied = index + scalar.length
                }
                index += scalar.length
            }
            guard copied > 0 else { return nil }
            return output + text[copied...]
        }
    }

    /// Whether a control character may start with a byte.
    private static let canStart: [Bool] = {
        var starts = [Bool](repeating: false, count: 256)
        for value: UInt32 in 0...0x10_FFFF where isControl(value) {
            if let first = Unicode.Scalar(value)?.utf8.first { starts[Int(first)] = true }
        }
        return starts
    }()

    static func isControl(_ value: UInt32) -> Bool {
        switch value {
        case 0x00...0x08, 0x0E...0x1F, 0x7F...0x84, 0x86...0x9F: true
        case 0xAD: true
        case 0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x206F: true
        case 0x200B, 0x2060...0x2065: true
        case 0xFEFF, 0xFFF9...0xFFFB: true
        case 0xFDD0...0xFDEF: true
        default: value & 0xFFFE == 0xFFFE
        }
    }
}
