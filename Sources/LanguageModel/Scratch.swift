import Kernels

/// A thread's memory while it computes a slice, handed out from the start for each slice anew.
struct Scratch {
    /// One row.
    private let memory: Matrix
    private var count = 0

    init(_ memory: Matrix) {
        self.memory = memory
    }

    mutating func next(_ rows: Int, _ columns: Int) -> Matrix {
        defer { count += (rows * columns + 15) / 16 * 16 }
        return memory.window(at: count, rows: rows, columns: columns)
    }

    /// All that is left.
    var rest: Matrix { memory.columns(count..<memory.columns) }
}
