import Kernels
import WorkUnits

/// The matrices of a block as factors of products: `x · W` forward, `dy · Wᵀ` backward.
struct BlockFactors {
    let qkv, projection, up, down: PackedFactor
}

extension BlockFactors {
    /// Not packed, for `x · W`.
    init(_ block: Parameters.Block) {
        qkv = PackedFactor(block.qkv.weight.asIs)
        projection = PackedFactor(block.projection.weight.asIs)
        up = PackedFactor(block.up.weight.asIs)
        down = PackedFactor(block.down.weight.asIs)
    }
}

/// Memory for the packed matrices of one block, one place for each, which the blocks use one after the other.
struct PackedBlock {
    private let qkv, projection, up, down: Matrix

    /// Takes no memory when products do not gain from packing.
    init(_ model: ModelConfiguration, _ products: Arithmetic.Products, in memory: inout MatrixArena.Cursor) {
        let width = model.width
        func place(_ rows: Int, _ columns: Int) -> Matrix {
            guard products.pack else { return memory.next(1, 0) }
            let counts = [(rows, columns), (columns, rows)].map { PackedFactor.count(rows: $0, columns: $1) }
            return memory.next(1, max(counts[0], counts[1]))
        }
        qkv = place(width, 3 * width)
        projection = place(width, width)
        up = place(width, 4 * width)
        down = place(4 * width, width)
    }

    func factors(_ block: Parameters.Block, transposed: Bool) -> BlockFactors {
        func factor(_ weight: Matrix, _ place: Matrix) -> PackedFactor {
            let factor = transposed ? weight.transposed : weight.asIs
            guard place.columns > 0 else { return PackedFactor(factor) }
            let count = PackedFactor.count(rows: factor.rows, columns: factor.columns)
            return PackedFactor(factor, in: place.columns(0..<count))
        }
        return BlockFactors(
            qkv: factor(block.qkv.weight, qkv), projection: factor(block.projection.weight, projection),
            up: factor(block.up.weight, up), down: factor(block.down.weight, down))
    }
}

/// The work of packing some factors, in slices.
struct Packing {
    private let factors: [PackedFactor]
    private static let sliceColumns = 8 * PackedFactor.unit

    init(_ factors: [PackedFactor]) {
        self.factors = factors.filter(\.isPacked)
    }

    var slices: Int { factors.reduce(0) { $0 + Self.slices(of: $1) } }

    func run(slice: Int, _ arithmetic: Arithmetic) {
        var slice = slice
        for factor in factors {
            let count = Self.slices(of: factor)
            if slice < count {
                let start = slice * Self.sliceColumns
                return arithmetic.pack(factor, columns: start..<min(start + Self.sliceColumns, factor.factor.columns))
            }
            slice -= count
        }
    }

    private static func slices(of factor: PackedFactor) -> Int {
        (factor.factor.columns + sliceColumns - 1) / sliceColumns
    }
}
