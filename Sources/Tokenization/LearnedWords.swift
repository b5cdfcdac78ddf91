/// The words of a text as tokens, one after the other in one array, each with its count.
struct LearnedWords {
    private var tokens: [UInt32] = []
    private var words: [Word] = []

    private struct Word {
        var start: Int
        var length: Int
        /// How often the text has it.
        var count: Int
    }

    /// What stands beside a pair that merges.
    enum Neighbour {
        case left(UInt32)
        case right(UInt32)
        /// The same pair, which merges too: said of the right one of both.
        case merged
    }

    var indices: Range<UInt32> { 0..<UInt32(words.count) }

    func count(_ word: UInt32) -> Int { words[Int(word)].count }

    subscript(_ word: UInt32) -> ArraySlice<UInt32> {
        let word = words[Int(word)]
        return tokens[word.start..<word.start + word.length]
    }

    mutating func append(_ word: some Collection<UInt32>, count: Int) {
        words.append(Word(start: tokens.count, length: word.count, count: count))
        tokens += word
    }

    /// Merges the pair wherever it stands in the word, from left to right, and says what stood beside it.
    @inline(__always)
    mutating func merge(
        _ pair: TokenPair, into result: UInt32, in index: UInt32, changed: (Neighbour) -> Void
    ) {
        let word = words[Int(index)]
        let length = tokens.withUnsafeMutableBufferPointer { tokens in
            // SAFETY: words never overlap and never grow; `read` and `written` stay within this one.
            let tokens = UnsafeMutableBufferPointer(rebasing: tokens[word.start..<word.start + word.length])
            func isPair(_ index: Int) -> Bool {
                index + 1 < tokens.count && tokens[index] == pair.left && tokens[index + 1] == pair.right
            }
            var (read, written, endOfLast) = (0, 0, -1)
            while read < tokens.count {
                guard isPair(read) else {
                    tokens[written] = tokens[read]
                    (read, written) = (read + 1, written + 1)
                    continue
                }
                if endOfLast == read {
                    changed(.merged)
                } else if written > 0 {
                    changed(.left(tokens[written - 1]))
                }
                tokens[written] = result
                (read, written) = (read + 2, written + 1)
                endOfLast = read
                if read < tokens.count, !isPair(read) { changed(.right(tokens[read])) }
            }
            return written
        }
        words[Int(index)].length = length
    }
}

/// What stood on one side of the merged pairs: how often each token did, and in which words.
struct ChangedNeighbours {
    private var tokens: [UInt32] = []
    private var entries: [Entry] = []
    private var events: [(token: UInt32, word: UInt32)] = []
    private(set) var words: [UInt32] = []

    private struct Entry {
        var count = 0
        var words = 0
        var lastWord = UInt32.max
        /// Where the token's words begin in `words`.
        var start = 0
    }

    @inline(__always)
    mutating func add(_ token: UInt32, count: Int, word: UInt32) {
        while entries.count <= token { entries.append(Entry()) }
        let index = Int(token)
        if entries[index].words == 0 { tokens.append(token) }
        entries[index].count += count
        if entries[index].lastWord != word {
            entries[index].lastWord = word
            entries[index].words += 1
            events.append((token, word))
        }
    }

    /// A token that was added, how often, and the range of its words in `words`.
    struct Change {
        var token: UInt32
        var count: Int
        var words: Range<Int>
    }

    /// Gives the changes and forgets them; `words` keeps their words until the next call.
    mutating func take() -> [Change] {
        var start = 0
        for token in tokens {
            entries[Int(token)].start = start
            start += entries[Int(token)].words
        }
        if words.count < start { words = Array(repeating: 0, count: max(start, 2 * words.count)) }
        for event in events {
            words[entries[Int(event.token)].start] = event.word
            entries[Int(event.token)].start += 1
        }
        let changes = tokens.map { token in
            let entry = entries[Int(token)]
            entries[Int(token)] = Entry()
            return Change(token: token, count: entry.count, words: entry.start - entry.words..<entry.start)
        }
        tokens.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        return changes
    }
}
