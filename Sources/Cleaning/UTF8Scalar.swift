/// One Unicode scalar as it stands in UTF-8.
struct UTF8Scalar {
    var value: UInt32
    /// Bytes that it takes, at least 1.
    var length: Int

    /// The scalar that starts at `index`. Of text that is not well-formed, any value, but never past the end.
    init(_ text: UnsafeBufferPointer<UInt8>, at index: Int) {
        let first = text[index]
        // 0xxxxxxx, 110xxxxx, 1110xxxx, 11110xxx
        let wanted = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4
        length = min(wanted, text.count - index)
        value = UInt32(first) & (length == 1 ? 0xFF : 0x7F >> UInt32(length))
        for position in index + 1..<index + length { value = value << 6 | UInt32(text[position] & 0x3F) }
    }
}
