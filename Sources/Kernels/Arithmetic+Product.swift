import COpenBLAS

/// OpenBLAS, told once to compute on the thread that calls it: threads are the business of `ThreadTeam`.
struct BLAS: Sendable {
    static let singleThreaded: BLAS = {
        openblas_set_num_threads(1)
        return BLAS()
    }()

    fileprivate func multiply(
        _ a: Matrix, _ transposeA: Bool, _ b: Matrix, _ transposeB: Bool, _ c: Matrix, inner: Int, _ beta: Float
    ) {
        cblas_sgemm(
            CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
            blasint(c.rows), blasint(c.columns), blasint(inner), 1, a.base, blasint(a.stride), b.base,
            blasint(b.stride),
            beta, c.base, blasint(c.stride))
    }
}

/// A factor of a product, as it is or transposed.
public struct Factor {
    let matrix: Matrix
    let isTransposed: Bool

    var rows: Int { isTransposed ? matrix.columns : matrix.rows }
    var columns: Int { isTransposed ? matrix.rows : matrix.columns }
}

extension Matrix {
    public var asIs: Factor { Factor(matrix: self, isTransposed: false) }
    public var transposed: Factor { Factor(matrix: self, isTransposed: true) }
}

extension Arithmetic {
    /// `c = a · b`, or `c += a · b` when `adding`: `[m, k] · [k, n]` into `[m, n]`.
    ///
    /// `c` overlaps neither.
    public func multiply(_ a: Factor, _ b: Factor, into c: Matrix, adding: Bool = false) {
        precondition(a.columns == b.rows, "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)]")
        require(c, is: (a.rows, b.columns))
        guard c.rows > 0, c.columns > 0 else { return }
        // SAFETY: the three shapes agree, and each window lies in its buffer.
        products.multiply(a.matrix, a.isTransposed, b.matrix, b.isTransposed, c, inner: a.columns, adding ? 1 : 0)
    }
}
