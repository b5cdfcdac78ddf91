/// How token ids are written where they wait on disk: in two bytes each where the vocabulary allows, and else in four.
package struct TokenWidth: Sendable {
    private let bytesEach: Int

    package init(vocabulary: Int) {
        bytesEach = vocabulary <= 1 << 16 ? 2 : 4
    }

    /// - Parameter tokens: below the vocabulary.
    package func bytes(_ tokens: ArraySlice<UInt32>) -> [UInt8] {
        bytesEach == 2
            ? tokens.map { UInt16(truncatingIfNeeded: $0).littleEndian }.withUnsafeBytes { Array($0) }
            : tokens.map(\.littleEndian).withUnsafeBytes { Array($0) }
    }

    /// The inverse of `bytes`.
    package func tokens(_ bytes: [UInt8]) -> [UInt32] {
        bytes.withUnsafeBytes { bytes in
            // SAFETY: index < bytes.count / bytesEach, so so many bytes lie at bytesEach · index.
            (0..<bytes.count / bytesEach).map { index in
                bytesEach == 2
                    ? UInt32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)))
                    : UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self))
            }
        }
    }
}
