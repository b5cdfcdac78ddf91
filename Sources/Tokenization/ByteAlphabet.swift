/// GPT-2's reversible spelling of bytes as visible characters, in which `tokenizer.json` writes its tokens.
///
/// The 188 visible characters of Latin-1 stand for themselves; the other 68 bytes, in order, for U+0100, U+0101 ….
enum ByteAlphabet {
    /// Bytes in the order of their characters, which is the order of a fresh tokenizer's first 256 ids.
    static let bytes: [UInt8] = visible + hidden

    private static let visible = [UInt8](0x21...0x7E) + [UInt8](0xA1...0xAC) + [UInt8](0xAE...0xFF)
    private static let hidden = [UInt8](0x00...0x20) + [UInt8](0x7F...0xA0) + [0xAD]

    /// The characters of `bytes`.
    private static let scalars =
        visible.map { Unicode.Scalar($0) } + (0x100 as UInt32..<0x144).compactMap(Unicode.Scalar.init)

    private static let byteOfScalar = Dictionary(uniqueKeysWithValues: zip(scalars, bytes))
    private static let scalarOfByte = zip(bytes, scalars).sorted { $0.0 < $1.0 }.map(\.1)

    static func spell(_ bytes: some Sequence<UInt8>) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalarOfByte[Int(byte)]) }
        return String(text)
    }

    /// - Returns: nil when a character stands for no byte.
    static func read(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = byteOfScalar[scalar] else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
