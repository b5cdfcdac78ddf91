import CKernels

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What the vector loops and canonical products are compiled for. All give the same bits.
public enum InstructionSet: String, Sendable, CaseIterable {
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

extension InstructionSet {
    /// The environment variable that forces one: to prove that the bits are the same, and to measure.
    ///
    /// OpenBLAS does not heed it.
    public static let variable = "CARAVAN_INSTRUCTIONS"

    /// What an `Arithmetic` computes with: the one that the environment forces, else the best. Read once.
    public static let chosen: Result<InstructionSet, Unavailable> = choice(getenv(variable).map { String(cString: $0) })

    /// - Parameter name: nil or empty for the best.
    static func choice(_ name: String?) -> Result<InstructionSet, Unavailable> {
        guard let name, !name.isEmpty else { return .success(available.last ?? .baseline) }
        let set = InstructionSet(rawValue: name)
        return available.first { $0 == set }.map { .success($0) } ?? .failure(Unavailable(name: name))
    }

    /// This processor does not have what the environment asks for.
    public struct Unavailable: Error, Hashable, Sendable, CustomStringConvertible {
        public var name: String

        public var description: String {
            let names = InstructionSet.available.map(\.rawValue).joined(separator: ", ")
            return "\(InstructionSet.variable)=\(name), and this processor has: \(names). Choose one of them, or none"
        }
    }
}
