import WorkUnits

/// Where each parameter tensor lies in the flat vector of all parameters: the one table that initialisation, checkpoints,
/// updates, decay and averaging read.
///
/// Names and layouts are those of GPT-2 on Hugging Face: matrices are `[in, out]`, so that `y = x · W + b`. The head is the
/// transposed `wte.weight` and has no tensor of its own. With L layers, width C, vocabulary V and context P:
///
/// | name | shape |
/// |---|---|
/// | `wte.weight`, `wpe.weight` | [V, C], [P, C] |
/// | `h.i.ln_1.weight`, `.bias` | [C] |
/// | `h.i.attn.c_attn.weight`, `.bias` | [C, 3C], [3C]: queries, keys, values |
/// | `h.i.attn.c_proj.weight`, `.bias` | [C, C], [C] |
/// | `h.i.ln_2.weight`, `.bias` | [C] |
/// | `h.i.mlp.c_fc.weight`, `.bias` | [C, 4C], [4C] |
/// | `h.i.mlp.c_proj.weight`, `.bias` | [4C, C], [C] |
/// | `ln_f.weight`, `.bias` | [C] |
public struct ParameterLayout: Hashable, Sendable {
    /// In the order of the table, without gaps.
    public let tensors: [ParameterTensor]
    /// Parameters of all tensors together.
    public let count: Int

    public init(_ model: ModelConfiguration) {
        let width = model.width
        let residual = 0.02 / Double(2 * model.layers).squareRoot()
        var tensors: [ParameterTensor] = []
        var end = 0

        func add(_ name: String, _ shape: [Int], _ initialization: ParameterTensor.Initialization, decays: Bool = false)
        {
            let start = end
            end += shape.reduce(1, *)
            tensors.append(
                ParameterTensor(
                    name: name, shape: shape, range: start..<end, decays: decays, initialization: initialization))
        }
        func addNorm(_ name: String) {
            add("\(name).weight", [width], .constant(1))
            add("\(name).bias", [width], .constant(0))
        }
        func addLinear(_ name: String, _ input: Int, _ output: Int, deviation: Double) {
            add("\(name).weight", [input, output], .normal(deviation: deviation), decays: true)
            add("\(name).bias", [output], .constant(0))
        }

        add("wte.weight", [model.vocabulary, width], .normal(deviation: 0.02))
        add("wpe.weight", [model.context, width], .normal(deviation: 0.02))
        for layer in 0..<model.layers {
            addNorm("h.\(layer).ln_1")
            addLinear("h.\(layer).attn.c_attn", width, 3 * width, deviation: 0.02)
            addLinear("h.\(layer).attn.c_proj", width, width, deviation: residual)
            addNorm("h.\(layer).ln_2")
            addLinear("h.\(layer).mlp.c_fc", width, 4 * width, deviation: 0.02)
            addLinear("h.\(layer).mlp.c_proj", 4 * width, width, deviation: residual)
        }
        addNorm("ln_f")
        self.tensors = tensors
        count = end
    }

    /// The tensor that a flat index lies in.
    public func tensor(at index: Int) -> ParameterTensor {
        precondition(index >= 0 && index < count, "parameter \(index) of \(count)")
        var (low, high) = (0, tensors.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if tensors[middle].range.lowerBound <= index { low = middle } else { high = middle }
        }
        return tensors[low]
    }
}

/// One tensor of a model.
public struct ParameterTensor: Hashable, Sendable {
    /// How its values start.
    public enum Initialization: Hashable, Sendable {
        case constant(Float)
        /// Mean 0.
        case normal(deviation: Double)
    }

    public let name: String
    /// Row-major.
    public let shape: [Int]
    /// Its place in the flat vector.
    public let range: Range<Int>
    /// Whether weight decay applies: matrices only, not norms, biases and embeddings.
    public let decays: Bool
    public let initialization: Initialization
}
