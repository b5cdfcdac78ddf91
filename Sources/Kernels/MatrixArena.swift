/// Matrices laid one after the other in one buffer, which is counted first and then allocated by the same code.
///
/// Its matrices are valid as long as it lives.
public final class MatrixArena: Sendable {
    private let buffer: FloatBuffer

    private init(count: Int) {
        buffer = FloatBuffer(count: count)
    }

    /// Hands out places from the start on.
    public struct Cursor {
        /// Nil while places are only counted: then matrices are not to be touched.
        fileprivate let buffer: FloatBuffer?
        fileprivate(set) var count = 0

        /// Each begins at a cache line.
        public mutating func next(_ rows: Int, _ columns: Int) -> Matrix {
            defer { count += (rows * columns + 15) / 16 * 16 }
            guard let buffer else { return .counted(rows: rows, columns: columns) }
            return buffer.matrix(at: count, rows: rows, columns: columns)
        }

        public mutating func nextBFloat16(_ rows: Int, _ columns: Int) -> BFloat16Matrix {
            let floats = next(1, (rows * columns + 1) / 2)
            return BFloat16Matrix(in: floats, rows: rows, columns: columns)
        }
    }

    /// Floats that a layout takes.
    public static func count<Layout>(_ layOut: (inout Cursor) -> Layout) -> Int {
        var cursor = Cursor(buffer: nil)
        _ = layOut(&cursor)
        return cursor.count
    }

    /// Memory for a layout, zero at first, and the layout.
    public static func allocate<Layout>(_ layOut: (inout Cursor) -> Layout) -> (arena: MatrixArena, layout: Layout) {
        let arena = MatrixArena(count: count(layOut))
        var cursor = Cursor(buffer: arena.buffer)
        return (arena, layOut(&cursor))
    }
}
