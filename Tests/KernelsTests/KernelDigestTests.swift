import KernelDigests
import Kernels
import Synchronization
import Testing

/// Every vector loop and product gives the bits below: as built here, and for processors that others have.
///
/// The digests are pinned: whoever changes one changes what canonical numerics compute, and so what work units of earlier
/// versions give. That is a decision, with a note in docs/numerics.md, and not an accident.
struct KernelDigestTests {
    /// A processor under emulation. AVX-512 is only run where the machine has it: QEMU does not know it.
    enum Processor: CaseIterable, Sendable {
        case arm64
        case x86WithoutAVX
        case x86WithAVX2

        fileprivate func lines() throws -> [String] {
            switch self {
            case .arm64: try EmulatedProgram.made(for: .arm64).lines(instructionSet: 0, processor: nil)
            case .x86WithoutAVX: try EmulatedProgram.made(for: .x86).lines(instructionSet: 0, processor: "qemu64")
            case .x86WithAVX2: try EmulatedProgram.made(for: .x86).lines(instructionSet: 1, processor: "max")
            }
        }
    }

    @Test(arguments: InstructionSet.available)
    func `this build gives the pinned bits`(set: InstructionSet) throws {
        let number = try #require(InstructionSet.allCases.firstIndex(of: set))
        #expect(try Self.lines(instructionSet: number) == Self.pinned)
    }

    #if os(Linux)
    @Test(arguments: Processor.allCases)
    func `other processors give the pinned bits`(processor: Processor) throws {
        #expect(try processor.lines() == Self.pinned)
    }
    #endif

    @Test func `packed or not, a product has the same digest`() {
        let packed = Self.pinned.filter { $0.contains("packed product") }
        #expect(packed.count == 6)
        for line in packed { #expect(Self.pinned.contains(line.replacing("packed product", with: "product"))) }
    }

    /// The program's memory is there once: one after the other.
    private static let turn = Mutex(())

    private static func lines(instructionSet: Int) throws -> [String] {
        try turn.withLock { _ in
            try (0..<KD_OPERATIONS).map { operation in
                var digest: UInt64 = 0
                try #require(kd_digest_on(Int32(operation), Int32(instructionSet), &digest) != 0)
                let digits = String(digest, radix: 16)
                let zeros = String(repeating: "0", count: 16 - digits.count)
                return zeros + digits + " " + String(cString: kd_name(Int32(operation)))
            }
        }
    }

    private static let pinned: [String] = """
        597d4a8bd0f9bd5b exponential
        0e935f88fb4a7ab9 repeat_row
        ded85d659fa5d95f add_row
        21a7a815258b25a6 accumulate
        39b0d40368b9ea94 add_column_sums
        f2046d9f21d7ecf2 sum_of_squares
        b7556aa0e3dacff4 to_bfloat16
        6d225acf952c4ff3 from_bfloat16
        e28cc33ae38f841a round_bfloat16
        82f494f9bd0d483e layer_norm
        2bdbc87b7d6c1a24 normalize
        160f2d79b1acd669 layer_norm_backward
        34835c17dce11e02 gelu
        ab580879d3de18aa gelu_backward
        88d98689b5e0c22e causal_softmax
        5617ffd3e0880a8d causal_softmax_backward
        7f6806bd52b7260d row_dots
        94c393e0afb45926 cross_entropy
        69995b044a05d05c cross_entropy_gradient
        f52db23113625cce adamw
        b673811f464fe695 product, ordinary
        fdaa81861c48fb25 product, denormal
        01a04d0b45e25ca5 product, tiny
        2eda1e47a4a54725 product, huge
        5391b5a0c034996d product, all magnitudes
        ed936cfa61648995 product, cancelling
        d197a9f630f6ce0d product, ties
        47831622e5e05c9d product, signed zeros
        ecb85db327cfbd6d product, not finite
        a87db9c69e3a65ad product, denormal ties
        b673811f464fe695 packed product, ordinary
        fdaa81861c48fb25 packed product, denormal
        5391b5a0c034996d packed product, all magnitudes
        ed936cfa61648995 packed product, cancelling
        d197a9f630f6ce0d packed product, ties
        ecb85db327cfbd6d packed product, not finite
        """.split(separator: "\n").map(String.init)
}
