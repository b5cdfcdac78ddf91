import CKernels
import COpenBLAS

/// OpenBLAS, told once to compute on the thread that calls it: threads are the business of `ThreadTeam`.
struct BLAS: Sendable {
    static let singleThreaded: BLAS = {
        openblas_set_num_threads(1)
        return BLAS()
    }()

    fileprivate func multiply(_ a: Factor, _ b: Factor, into c: Matrix, adding: Bool) {
        cblas_sgemm(
            CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
            blasint(c.rows), blasint(c.columns), blasint(a.columns), 1, a.matrix.base, blasint(a.matrix.stride),
            b.matrix.base, blasint(b.matrix.stride), adding ? 1 : 0, c.base, blasint(c.stride))
    }
}

/// A factor of a product, as it is or transposed.
public struct Factor: Sendable {
    let matrix: Matrix
    let isTransposed: Bool

    public var rows: Int { isTransposed ? matrix.columns : matrix.rows }
    public var columns: Int { isTransposed ? matrix.rows : matrix.columns }

    public func rows(_ range: Range<Int>) -> Factor {
        Factor(matrix: isTransposed ? matrix.columns(range) : matrix.rows(range), isTransposed: isTransposed)
    }

    public func columns(_ range: Range<Int>) -> Factor {
        Factor(matrix: isTransposed ? matrix.rows(range) : matrix.columns(range), isTransposed: isTransposed)
    }

    /// Floats from an element to the one below it, and to the one right of it.
    fileprivate var down: Int { isTransposed ? 1 : matrix.stride }
    fileprivate var right: Int { isTransposed ? matrix.stride : 1 }
}

extension Matrix {
    public var asIs: Factor { Factor(matrix: self, isTransposed: false) }
    public var transposed: Factor { Factor(matrix: self, isTransposed: true) }
}

/// The right factor of many products `[k, n]`, which may be laid out once for all of them.
public struct PackedFactor: Sendable {
    public let factor: Factor
    /// Its memory, or nil to read the factor itself.
    fileprivate let panels: Matrix?

    /// Not packed.
    public init(_ factor: Factor) {
        self.factor = factor
        panels = nil
    }

    /// To be packed by `Arithmetic.pack` into `memory` `[1, count(k, n)]` before it is used.
    public init(_ factor: Factor, in memory: Matrix) {
        require(memory, is: (1, Self.count(rows: factor.rows, columns: factor.columns)))
        self.factor = factor
        panels = memory
    }

    public var isPacked: Bool { panels != nil }

    /// Columns in whose multiples it is packed.
    public static let unit = CK_PANEL

    /// Floats that a packed factor takes.
    public static func count(rows: Int, columns: Int) -> Int {
        rows * ((columns + unit - 1) / unit * unit)
    }
}

extension Arithmetic {
    /// `c = a · b`, or `c += a · b` when `adding`: `[m, k] · [k, n]` into `[m, n]`.
    ///
    /// `c` overlaps neither.
    public func multiply(_ a: Factor, _ b: Factor, into c: Matrix, adding: Bool = false) {
        precondition(a.columns == b.rows, "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)]")
        require(c, is: (a.rows, b.columns))
        guard isAnything(a, into: c, adding: adding) else { return }
        // SAFETY: the three shapes agree, and each window lies in its buffer.
        switch products {
        case .openBLAS: BLAS.singleThreaded.multiply(a, b, into: c, adding: adding)
        case .canonical:
            loops.product(
                c.rows, c.columns, a.columns, a.matrix.base, a.down, a.right, b.matrix.base, b.down, b.right, c.base,
                c.stride, adding ? 1 : 0, workspace.base)
        }
    }

    /// The same bits, with a factor that is packed.
    public func multiply(_ a: Factor, _ b: PackedFactor, into c: Matrix, adding: Bool = false) {
        guard products.pack, let panels = b.panels else { return multiply(a, b.factor, into: c, adding: adding) }
        precondition(a.columns == b.factor.rows, "[\(a.rows), \(a.columns)] · [\(b.factor.rows), \(b.factor.columns)]")
        require(c, is: (a.rows, b.factor.columns))
        guard isAnything(a, into: c, adding: adding) else { return }
        // SAFETY: the three shapes agree, and `panels` has the size of the factor's.
        loops.product_packed(
            c.rows, c.columns, a.columns, a.matrix.base, a.down, a.right, panels.base, c.base, c.stride,
            adding ? 1 : 0, workspace.base)
    }

    /// - Returns: false when the product has no element or no term, and is done.
    private func isAnything(_ a: Factor, into c: Matrix, adding: Bool) -> Bool {
        if a.columns == 0, !adding { c.fill(0) }
        return c.rows > 0 && c.columns > 0 && a.columns > 0
    }

    /// Packs some columns of a factor; the range begins at a multiple of `PackedFactor.unit`, and ends at one or at the end.
    public func pack(_ packed: PackedFactor, columns: Range<Int>) {
        guard products.pack, let panels = packed.panels else { return }
        let factor = packed.factor
        let unit = PackedFactor.unit
        precondition(
            columns.lowerBound.isMultiple(of: unit) && columns.upperBound <= factor.columns
                && (columns.upperBound.isMultiple(of: unit) || columns.upperBound == factor.columns),
            "columns \(columns) of \(factor.columns) in units of \(unit)")
        loops.pack(
            factor.rows, columns.count, factor.matrix.base + columns.lowerBound * factor.right, factor.down,
            factor.right, panels.base + columns.lowerBound * factor.rows)
    }
}
