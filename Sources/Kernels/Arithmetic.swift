import CKernels

/// The operations of the trainer, each on the calling thread.
///
/// Forward stands beside backward, one file per operation.
///
/// Products are `products`; everything else comes from vector loops for an instruction set chosen at run time.
/// `Reference` says what each computes. Shapes are checked at the door: a wrong one is our mistake, and traps.
///
/// The vector loops and canonical products give the same bits on every instruction set; OpenBLAS picks its own kernels.
///
/// Holds the memory that a product works in: one thread at a time, each with its own.
public struct Arithmetic: Sendable {
    /// Who multiplies matrices.
    public enum Products: Sendable, CaseIterable {
        /// OpenBLAS, on the calling thread.
        case openBLAS
        /// Own tiles in which every element is the same chain of fused multiply-adds, whatever computes it.
        case canonical

        /// Whether they use packed factors: OpenBLAS packs for itself, at each product.
        public var pack: Bool { self == .canonical }
    }

    let loops: ck_loops
    public let products: Products
    let workspace: Matrix
    private let memory: FloatBuffer

    /// For `InstructionSet.chosen`: the best of this processor, unless the environment forces another.
    ///
    /// Ends the program when the forced one is unavailable: who takes that from outside looks at `chosen` first.
    public init(_ products: Products = .openBLAS) {
        switch InstructionSet.chosen {
        case .success(let set): self.init(loops: set.loops ?? ck_loops_baseline().pointee, products)
        case .failure(let unavailable): fatalError("\(unavailable)")
        }
    }

    /// - Returns: nil when this processor lacks the instruction set.
    public init?(_ products: Products, on instructionSet: InstructionSet) {
        guard let loops = instructionSet.loops else { return nil }
        self.init(loops: loops, products)
    }

    private init(loops: ck_loops, _ products: Products) {
        self.loops = loops
        self.products = products
        memory = FloatBuffer(count: Self.workspaceCount(products))
        workspace = memory.row(0..<memory.count)
    }

    /// Floats that one of them works in.
    public static func workspaceCount(_ products: Products) -> Int {
        products == .canonical ? CK_WORKSPACE : 0
    }
}
