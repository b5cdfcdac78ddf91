import LanguageModel
import Testing
import Training
import WorkUnits

/// A unit of canonical numerics has one result, on whatever machine this runs.
///
/// The digests are pinned: whoever changes one changes what units of earlier versions give. That is a decision, with a note
/// in docs/numerics.md, and not an accident.
struct CanonicalTests {
    /// What changes the result.
    enum Variant: CaseIterable {
        case adamW
        case muon
        case bfloat16

        /// Of the weights after all steps, float32, little-endian, in the order of the layout.
        var digest: String {
            switch self {
            case .adamW: "135b7ee4c031d2a6455ee85e94035324ee7faacd0a9e4daafc4e59df8c35dbd1"
            case .muon: "a33bd74d7154c741bbcb07b2dc2a2ccfce65f90f428d356ac1f097db14e3be6b"
            case .bfloat16: "1dd60fd7f633a9ffd783720f914b1caf2e95e28339b385995cee58fd3cae5065"
            }
        }
    }

    /// Sums of more than one block of terms, slices that are not full, heads and a vocabulary that no vector divides.
    private func unit(_ variant: Variant) -> Unit {
        var unit = Unit()
        unit.model = ModelConfiguration(layers: 2, width: 72, heads: 4, vocabulary: 131, context: 40)
        unit.tokens = (0..<700).map { UInt32(($0 * $0 + $0 / 7) % 131) }
        unit.weights = InitialWeights(model: unit.model, seed: 1).all()
        unit.settings.numerics = .canonical
        unit.settings.optimizer.kind = variant == .muon ? .muon : .adamW
        unit.settings.activations = variant == .bfloat16 ? .bfloat16 : .float32
        return unit
    }

    private func digest(_ weights: [Float]) -> String {
        let bytes = weights.flatMap { weight in
            (0..<4).map { UInt8(truncatingIfNeeded: weight.bitPattern >> (8 * $0)) }
        }
        return Digest(of: bytes).description
    }

    @Test(arguments: Variant.allCases, Recompute.allCases)
    func `the weights are the pinned ones, with any number of threads and any recomputation`(
        variant: Variant, recompute: Recompute
    ) throws {
        var unit = unit(variant)
        unit.settings.recompute = recompute
        for threads in 1...3 {
            let trainer = try unit.finished(threads: threads)
            #expect(digest(trainer.weights()) == variant.digest, "\(threads) threads")
        }
    }

    @Test func `another seed, or other numerics, is another result`() throws {
        var other = unit(.adamW)
        other.settings.seed += 1
        #expect(digest(try other.finished().weights()) != Variant.adamW.digest)
        var fast = unit(.adamW)
        fast.settings.numerics = .openblas
        #expect(digest(try fast.finished().weights()) != Variant.adamW.digest)
    }
}
