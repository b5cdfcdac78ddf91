/// GPT-2's reversible spelling of bytes as visible characters, in which `tokenizer.json` writes its tokens.
///
/// The 188 visible characters of Latin-1 stand for themselves; the other 68 bytes, in order, for U+0100, U+0101 ….
enum ByteAlphabet {
    /// Bytes in the order of their characters, which is the order of a fresh tokenizer's first 256 ids.
    static let bytes: [UInt8] = visible + hidden

    private static let visible = [UInt8](0x21...0x7E) + [UInt8](0xA1...0xAC) + [UInt8](0xAE...0xFF)
    private static let hidden = [UInt8](0x00...0x20) + [UInt8](0x7F...0xA0) + [0xAD]

    private static let scalars: [Unicode.Scalar] = {
        var scalars = (UInt8.min...UInt8.max).map { Unicode.Scalar($0) }
        for (index, byte) in hidden.enumerated() {
            scalars[Int(byte)] = Unicode.Scalar(UInt8(index)).shifted(by: 0x100)
        }
        return scalars
    }()

    private static let byteOfScalar = Dictionary(uniqueKeysWithValues: zip(scalars, UInt8.min...UInt8.max))

    static func spell(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        for byte in bytes { text.append(scalars[Int(byte)]) }
        return String(text)
    }

    /// - Returns: nil when a character stands for no byte.
    static func read(_ text: some StringProtocol) -> [UInt8]? {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = byteOfScalar[scalar] else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}

extension Unicode.Scalar {
    /// The scalar this far on; itself where there is none.
    fileprivate func shifted(by distance: UInt32) -> Unicode.Scalar {
        Unicode.Scalar(value + distance) ?? self
    }
}
