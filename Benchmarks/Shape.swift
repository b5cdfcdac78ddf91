import ArgumentParser
import LanguageModel
import WorkUnits

/// A model and a batch to measure with, by the names of docs/performance.md.
enum Shape: String, ExpressibleByArgument, CaseIterable {
    /// 0.86 million parameters without positions.
    case small = "S"
    /// The one of `make demo`.
    case demo
    /// 35.3 million parameters.
    case medium256 = "M256"
    case medium1024 = "M1024"
    /// GPT-2 small: 123.7 million parameters.
    case large64 = "L64"
    case large1024 = "L1024"

    var model: ModelConfiguration {
        switch self {
        case .small: ModelConfiguration(layers: 4, width: 128, heads: 4, vocabulary: 512, context: 1024)
        case .demo: ModelConfiguration(layers: 4, width: 128, heads: 4, vocabulary: 1024, context: 128)
        case .medium256, .medium1024:
            ModelConfiguration(layers: 6, width: 512, heads: 8, vocabulary: 32000, context: 1024)
        case .large64, .large1024:
            ModelConfiguration(layers: 12, width: 768, heads: 12, vocabulary: 50257, context: 1024)
        }
    }

    /// Tokens of a sequence (T).
    var length: Int {
        switch self {
        case .small, .demo: 128
        case .medium256: 256
        case .large64: 64
        case .medium1024, .large1024: 1024
        }
    }

    /// Sequences of a step (B), unless another number is asked for.
    var batch: Int {
        switch self {
        case .small, .demo: 16
        case .medium256, .large64: 4
        case .medium1024, .large1024: 1
        }
    }

    /// Floating-point operations that training needs for one token: 6 N + 12 L C T, with N the parameters without positions.
    ///
    /// Chowdhery et al., 2022 (PaLM), appendix B. Counts the masked half of attention, and nothing that is computed again.
    var flopsPerToken: Double {
        let parameters = ParameterLayout(model).count - model.context * model.width
        return Double(6 * parameters + 12 * model.layers * model.width * length)
    }
}
