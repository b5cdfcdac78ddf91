import Foundation

/// Normalization form C. Only the few characters around one that could change go through the full algorithm.
enum CanonicalComposition {
    /// Characters that normalization neither changes nor joins to what stands before them, as every Unicode version
    /// promises (NFC_Quick_Check = Yes and combining class 0; UAX #15, section 9), besides all those below U+0300.
    /// Not all of them: those of common scripts and symbols.
    static let stable: [ClosedRange<UInt32>] = [
        0x0388...0x0482,  // Greek, Cyrillic
        0x048A...0x058F,  // Cyrillic, Armenian
        0x05D0...0x05EA,  // Hebrew
        0x0620...0x064A, 0x0660...0x066F, 0x0671...0x06D3,  // Arabic
        0x0904...0x093B, 0x093D...0x094C, 0x0960...0x097F,  // Devanagari
        0x0E01...0x0E37, 0x0E3F...0x0E47,  // Thai
        0x10A0...0x10FF,  // Georgian
        0x1E00...0x1EFF,  // Latin, Vietnamese among it
        0x2002...0x20CF, 0x212C...0x2328, 0x232B...0x2ADB,  // punctuation, symbols, mathematics
        0x3001...0x3029, 0x3030...0x3098, 0x309B...0xA48C,  // Japanese, Chinese
        0xAC00...0xD7A3,  // Korean syllables
        0xE000...0xF8FF, 0xFE30...0xFFFF,  // private use, wide forms
        0x1176...0x11A7,  // Korean vowels that no syllable has
        0x1_0000...0x1_01FC, 0x1_0380...0x1_04FF, 0x1_F000...0x1_FAFF,  // Linear B to Osage, emoji
        0x2_0000...0x2_F7FF, 0x3_0000...0x3_FFFF,  // rare ideographs
        0xE_0000...0x10_FFFF,  // tags, variation selectors, private use
    ]

    /// - Returns: the text in form C, or nil if it is.
    static func composed(_ text: [UInt8]) -> [UInt8]? {
        // U+0300 is CC 80: what starts with a smaller byte is below it.
        guard let first = text.firstIndex(where: { $0 >= 0xCC }) else { return nil }
        var output: [UInt8] = []
        var copied = 0
        text.withUnsafeBufferPointer { text in
            var index = first
            // Where the last stable character before `index` starts: what follows may join it.
            var start = precedingCharacter(text, first)
            while index < text.count {
                let scalar = UTF8Scalar(text, at: index)
                if isStable(scalar.value) {
                    start = index
                    index += scalar.length
                    continue
                }
                var end = index + scalar.length
                while end < text.count {
                    let next = UTF8Scalar(text, at: end)
                    if isStable(next.value) { break }
                    end += next.length
                }
                // Of the stable characters, those above U+FFFF join nothing. The standard library (Swift 6.3) takes their
                // lower 16 bits for a letter if an accent follows, so it does not see them.
                if start < index, text[start] >= 0xF0 { start = index }
                let part = UnsafeBufferPointer(rebasing: text[start..<end])
                let composed = Array(String(decoding: part, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
                if !composed.elementsEqual(part) {
                    output += text[copied..<start]
                    output += composed
                    copied = end
                }
                start = end
                index = end
            }
            if copied > 0 { output += text[copied...] }
        }
        return copied > 0 ? output : nil
    }

    static func isStable(_ value: UInt32) -> Bool {
        value < 0x300 || tables[Int(value >> 3)] & (1 << (value & 7)) != 0
    }

    private static func precedingCharacter(_ text: UnsafeBufferPointer<UInt8>, _ index: Int) -> Int {
        var start = index
        while start > 0 {
            start -= 1
            if text[start] & 0xC0 != 0x80 { return start }
        }
        return index
    }

    /// `stable` as one bit for each scalar.
    private static let tables: [UInt8] = {
        var bits = [UInt8](repeating: 0, count: 0x20_0000 >> 3)
        for value in stable.joined() { bits[Int(value >> 3)] |= 1 << (value & 7) }
        return bits
    }()
}
