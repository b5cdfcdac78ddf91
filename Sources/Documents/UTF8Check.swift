/// The rules of well-formed UTF-8 (Unicode 16, table 3-7).
enum UTF8Check {
    /// Where the first sequence begins that is not well-formed; nil if all are.
    static func firstMalformed(in bytes: Span<UInt8>) -> Int? {
        var position = 0
        while position < bytes.count {
            if position <= bytes.count - 8, bytes.word(at: position) & ByteWord.high == 0 {
                position += 8
                continue
            }
            let length = sequenceLength(in: bytes, at: position)
            guard length > 0 else { return position }
            position += length
        }
        return nil
    }

    /// 1 ... 4; 0 if no well-formed sequence begins there.
    @inline(__always) private static func sequenceLength(in bytes: Span<UInt8>, at position: Int) -> Int {
        let first = bytes[position]
        if first < 0x80 { return 1 }
        let left = bytes.count - position
        guard left >= 2 else { return 0 }
        let second = bytes[position + 1]
        switch first {
        case 0xC2...0xDF: return second.continues ? 2 : 0
        case 0xE0...0xEF:
            guard left >= 3, bytes[position + 2].continues else { return 0 }
            let isAllowed =
                switch first {
                case 0xE0: second >= 0xA0 && second <= 0xBF
                case 0xED: second >= 0x80 && second <= 0x9F
                default: second.continues
                }
            return isAllowed ? 3 : 0
        case 0xF0...0xF4:
            guard left >= 4, bytes[position + 2].continues, bytes[position + 3].continues else { return 0 }
            let isAllowed =
                switch first {
                case 0xF0: second >= 0x90 && second <= 0xBF
                case 0xF4: second >= 0x80 && second <= 0x8F
                default: second.continues
                }
            return isAllowed ? 4 : 0
        default: return 0
        }
    }
}

extension UInt8 {
    /// Whether it is a byte behind the first one of a sequence.
    @inline(__always) fileprivate var continues: Bool { self & 0xC0 == 0x80 }
}
