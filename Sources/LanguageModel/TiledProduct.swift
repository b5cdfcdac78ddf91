import Kernels

/// A product cut into parts of its result, each over all terms: so no sum crosses slices.
struct TiledProduct {
    private let a, b: Factor
    private let result: Matrix
    private let adding: Bool

    private static let tileRows = 512
    private static let tileColumns = 512

    init(_ a: Factor, _ b: Factor, into result: Matrix, adding: Bool = false) {
        (self.a, self.b, self.result, self.adding) = (a, b, result, adding)
    }

    var tiles: Int { tilesDown * tilesAcross }

    private var tilesDown: Int { (result.rows + Self.tileRows - 1) / Self.tileRows }
    private var tilesAcross: Int { (result.columns + Self.tileColumns - 1) / Self.tileColumns }

    fileprivate func compute(tile: Int, _ arithmetic: Arithmetic, adding alsoAdding: Bool) {
        let (row, column) = (tile / tilesAcross * Self.tileRows, tile % tilesAcross * Self.tileColumns)
        let rows = row..<min(row + Self.tileRows, result.rows)
        let columns = column..<min(column + Self.tileColumns, result.columns)
        arithmetic.multiply(
            a.rows(rows), b.columns(columns), into: result.rows(rows).columns(columns), adding: adding || alsoAdding)
    }
}

extension [TiledProduct] {
    /// One of all their tiles.
    func compute(tile: Int, _ arithmetic: Arithmetic, adding: Bool = false) {
        var tile = tile
        for product in self {
            if tile < product.tiles { return product.compute(tile: tile, arithmetic, adding: adding) }
            tile -= product.tiles
        }
    }
}
