/// The bytes of every token, joined in the order of ids.
struct TokenBytes: Hashable, Sendable {
    private var bytes: [UInt8] = []
    /// Where each token ends in `bytes`.
    private var ends: [Int] = []

    init(_ tokens: some Sequence<[UInt8]> = []) {
        for token in tokens { append(token) }
    }

    var count: Int { ends.count }

    subscript(_ id: Int) -> ArraySlice<UInt8> {
        bytes[(id == 0 ? 0 : ends[id - 1])..<ends[id]]
    }

    mutating func append(_ token: some Sequence<UInt8>) {
        bytes += token
        ends.append(bytes.count)
    }

    /// The ids of the tokens of one byte, by byte; 0 for bytes without a token.
    func idsOfSingleBytes() -> [UInt32] {
        var ids = Array(repeating: 0 as UInt32, count: 256)
        for id in 0..<count {
            let token = self[id]
            if token.count == 1, let byte = token.first { ids[Int(byte)] = UInt32(id) }
        }
        return ids
    }
}
