import Kernels

/// Products cut once, into a part for each thread: no sharing, one barrier for each product.
struct DividedProducts {
    let team: ThreadTeam
    let arithmetic = Arithmetic()

    /// `c = a · b`, cut by the rows of `c`, or by its columns when it is wide.
    func multiply(_ a: Operand, _ b: Operand, into c: Matrix) {
        if c.columns > 2 * c.rows {
            divide(c.columns) { arithmetic.multiply(a.factor, b.columns($0), into: c.columns($0)) }
        } else {
            divide(c.rows) { arithmetic.multiply(a.rows($0), b.factor, into: c.rows($0)) }
        }
    }

    /// Cuts 0 ..< count at multiples of 8, so that no part starts with a remainder.
    func divide(_ count: Int, _ body: (Range<Int>) -> Void) {
        let parts = team.threads
        team.run(slices: parts) { part, _ in
            body(count * part / parts / 8 * 8..<(part + 1 == parts ? count : count * (part + 1) / parts / 8 * 8))
        }
    }
}

/// A matrix as a factor, of which a part can be taken.
struct Operand {
    private let matrix: Matrix
    private let isTransposed: Bool

    init(_ matrix: Matrix) { (self.matrix, isTransposed) = (matrix, false) }

    init(transposed matrix: Matrix) { (self.matrix, isTransposed) = (matrix, true) }

    var factor: Factor { isTransposed ? matrix.transposed : matrix.asIs }

    func rows(_ range: Range<Int>) -> Factor {
        isTransposed ? matrix.columns(range).transposed : matrix.rows(range).asIs
    }

    func columns(_ range: Range<Int>) -> Factor {
        isTransposed ? matrix.rows(range).transposed : matrix.columns(range).asIs
    }
}
