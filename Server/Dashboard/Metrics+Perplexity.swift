import Foundation
import WorkUnits

extension Metrics {
    /// `exp(loss)`: means something only together with the tokenizer.
    var perplexity: Double { exp(loss) }
}
