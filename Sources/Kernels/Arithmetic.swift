import CKernels

/// The operations of the trainer, each on the calling thread.
///
/// Forward stands beside backward, one file per operation.
///
/// Products come from OpenBLAS on one thread; everything else from vector loops for an instruction set chosen at run time.
/// `Reference` says what each computes. Shapes are checked at the door: a wrong one is our mistake, and traps.
///
/// The vector loops give the same bits on every instruction set. Products do not: OpenBLAS picks its own kernels.
public struct Arithmetic: Sendable {
    let loops: ck_loops
    let products: BLAS

    /// For the best instruction set of this processor.
    public init() {
        self.init(loops: InstructionSet.available.last?.loops ?? ck_loops_baseline().pointee)
    }

    /// - Returns: nil when this processor lacks the instruction set.
    public init?(_ instructionSet: InstructionSet) {
        guard let loops = instructionSet.loops else { return nil }
        self.init(loops: loops)
    }

    private init(loops: ck_loops) {
        self.loops = loops
        products = .singleThreaded
    }
}

public enum InstructionSet: Sendable, CaseIterable {
    /// What every processor of the architecture has: SSE2 on x86-64, NEON on arm64.
    case baseline
    case avx2
    case avx512

    /// The ones that this processor has, best last.
    public static var available: [InstructionSet] { allCases.filter { $0.loops != nil } }

    var loops: ck_loops? {
        let set =
            switch self {
            case .baseline: CK_BASELINE
            case .avx2: CK_AVX2
            case .avx512: CK_AVX512
            }
        return ck_loops_for(set)?.pointee
    }
}
