/// The data that units are cut from: steps in their order, shard after shard, and what came back.
///
/// Every step is handed out once, but for those that are given back because nobody trained on them. What is left of a
/// shard after a short unit waits for other short units.
struct StepPool: Codable, Hashable, Sendable {
    /// Steps in a shard: no unit reaches over its end.
    let shard: Int
    /// No step from here on was handed out. A multiple of `shard`.
    private(set) var next: Int
    /// Steps before `next` that nobody has, ascending, each inside a shard.
    private(set) var free: [Range<Int>] = []

    /// Beyond so many pieces, a unit takes a piece that is shorter than it asked for instead of beginning a shard.
    static let mostPieces = 256

    /// - Parameter next: the first step of a shard.
    init(shard: Int, next: Int) {
        self.shard = shard
        self.next = next
    }

    /// The first steps that are free, as many as asked for where they are to be had in a shard that was begun.
    ///
    /// - Parameter count: 1 ... `shard`.
    mutating func take(_ count: Int) -> Range<Int> {
        if let place = free.firstIndex(where: { $0.count >= count }) {
            let piece = free[place]
            let taken = piece.lowerBound..<piece.lowerBound + count
            if taken == piece { free.remove(at: place) } else { free[place] = taken.upperBound..<piece.upperBound }
            return taken
        }
        if free.count >= Self.mostPieces, let longest = free.indices.max(by: { free[$0].count < free[$1].count }) {
            return free.remove(at: longest)
        }
        let taken = next..<next + count
        next += shard
        if count < shard { free.append(taken.upperBound..<next) }
        return taken
    }

    /// Takes steps back that were handed out and that nobody will train on. Pieces of a shard that touch become one.
    mutating func giveBack(_ steps: Range<Int>) {
        guard !steps.isEmpty else { return }
        var place = free.firstIndex { $0.lowerBound >= steps.upperBound } ?? free.count
        var piece = steps
        if place < free.count, free[place].lowerBound == piece.upperBound, !piece.upperBound.isMultiple(of: shard) {
            piece = piece.lowerBound..<free.remove(at: place).upperBound
        }
        if place > 0, free[place - 1].upperBound == piece.lowerBound, !piece.lowerBound.isMultiple(of: shard) {
            place -= 1
            piece = free.remove(at: place).lowerBound..<piece.upperBound
        }
        free.insert(piece, at: place)
    }

    /// Whether the pieces are in order, apart, inside shards, and before `next`.
    var isSound: Bool {
        next.isMultiple(of: shard)
            && zip(free, free.dropFirst()).allSatisfy { $0.upperBound <= $1.lowerBound }
            && free.allSatisfy {
                !$0.isEmpty && $0.lowerBound / shard == ($0.upperBound - 1) / shard && $0.upperBound <= next
            }
    }
}
