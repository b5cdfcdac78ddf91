/// What the patterns ask of a character.
enum CharacterClass: UInt8 {
    /// Anything else, and every byte that is not part of well-formed UTF-8.
    case other = 0
    /// `\p{L}`
    case letter = 1
    /// `\p{N}`
    case number = 2
    /// `\s`: the Unicode property White_Space
    case whitespace = 3

    /// Scalars in a block of the table.
    private static let blockSize = 128

    /// Two stages: for each block of 128 scalars the number of its first class in `pages`, and the classes of all
    /// blocks that differ. Computed once from `runs`.
    private static let table: (blocks: [UInt16], pages: [CharacterClass]) = {
        var classes = Array(repeating: CharacterClass.other, count: 0x110000)
        for (index, run) in runs.enumerated() {
            let end = index + 1 < runs.count ? Int(runs[index + 1] >> 2) : classes.count
            for scalar in Int(run >> 2)..<end { classes[scalar] = CharacterClass(rawValue: UInt8(run & 3)) ?? .other }
        }
        var (blocks, pages): ([UInt16], [CharacterClass]) = ([], [])
        var known: [ArraySlice<CharacterClass>: UInt16] = [:]
        for start in stride(from: 0, to: classes.count, by: blockSize) {
            let page = classes[start..<start + blockSize]
            if known[page] == nil {
                known[page] = UInt16(pages.count / blockSize)
                pages += page
            }
            blocks.append(known[page] ?? 0)
        }
        return (blocks, pages)
    }()

    /// The table's two stages where the scanner reads them: never freed, never changed.
    private static let (blocks, pages) = (Constant(table.blocks), Constant(table.pages))

    /// Where a scanner looks up classes.
    struct Lookup {
        private let blocks = CharacterClass.blocks.start
        private let pages = CharacterClass.pages.start

        /// - Parameter scalar: at most 0x10FFFF.
        @inline(__always)
        subscript(_ scalar: UInt32) -> CharacterClass {
            // SAFETY: `blocks` covers every scalar up to 0x10FFFF, and each block's page is complete.
            pages[Int(blocks[Int(scalar >> 7)]) << 7 | Int(scalar & 127)]
        }

        /// The class of the character that `bytes` begin with, and how many bytes it takes: one where no well-formed
        /// UTF-8 begins (Unicode Standard, table 3-7).
        ///
        /// - Parameter count: how many bytes may be read, at least one.
        @inline(__always)
        func character(at bytes: UnsafePointer<UInt8>, count: Int) -> (kind: CharacterClass, length: Int) {
            let first = bytes[0]
            return first < 0x80 ? (pages[Int(first)], 1) : multibyte(at: bytes, count: count)
        }

        private func multibyte(at bytes: UnsafePointer<UInt8>, count: Int) -> (kind: CharacterClass, length: Int) {
            func continuation(_ index: Int) -> UInt32? {
                index < count && bytes[index] & 0xC0 == 0x80 ? UInt32(bytes[index] & 0x3F) : nil
            }
            let first = UInt32(bytes[0])
            guard first >= 0xC2, first <= 0xF4, let second = continuation(1) else { return (.other, 1) }
            if first < 0xE0 { return (self[(first & 0x1F) << 6 | second], 2) }
            guard let third = continuation(2) else { return (.other, 1) }
            if first < 0xF0 {
                let scalar = (first & 0x0F) << 12 | second << 6 | third
                return scalar < 0x800 || scalar >> 11 == 0x1B ? (.other, 1) : (self[scalar], 3)
            }
            guard let fourth = continuation(3) else { return (.other, 1) }
            let scalar = (first & 0x07) << 18 | second << 12 | third << 6 | fourth
            return scalar < 0x10000 || scalar > 0x10FFFF ? (.other, 1) : (self[scalar], 4)
        }
    }
}

/// Elements that live as long as the process and never change.
private struct Constant<Element: BitwiseCopyable>: @unchecked Sendable {
    let start: UnsafePointer<Element>

    init(_ elements: [Element]) {
        let memory = UnsafeMutablePointer<Element>.allocate(capacity: elements.count)
        for (index, element) in elements.enumerated() { (memory + index).initialize(to: element) }
        // SAFETY: written once, here, before anyone can read it, and never freed.
        start = UnsafePointer(memory)
    }
}
