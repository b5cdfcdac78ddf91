import Kernels
import LanguageModel
import WorkUnits

/// GPT-2 in float64, written from `Reference` operations: what the fast model is compared with.
struct ReferenceGPT {
    let model: ModelConfiguration
    let layout: ParameterLayout
    var weights: [Double]

    init(_ model: ModelConfiguration, weights: [Float]) {
        self.model = model
        layout = ParameterLayout(model)
        self.weights = weights.map(Double.init)
    }

    func tensor(_ name: String) -> [Double] {
        let range = layout.tensors.first { $0.name == name }?.range ?? 0..<0
        return Array(weights[range])
    }

    /// Logits `[T, V]` of one sequence.
    func logits(_ tokens: [UInt32]) -> [Double] {
        let (width, length) = (model.width, tokens.count)
        let (wte, wpe) = (tensor("wte.weight"), tensor("wpe.weight"))
        var x = tokens.enumerated().flatMap { position, id in
            (0..<width).map { wte[Int(id) * width + $0] + wpe[position * width + $0] }
        }
        for layer in 0..<model.layers {
            let attended = attention(linear(norm(x, "h.\(layer).ln_1"), "h.\(layer).attn.c_attn", width, 3 * width))
            x = add(x, linear(attended, "h.\(layer).attn.c_proj", width, width))
            let up = linear(norm(x, "h.\(layer).ln_2"), "h.\(layer).mlp.c_fc", width, 4 * width)
            x = add(x, linear(up.map(Reference.gelu), "h.\(layer).mlp.c_proj", 4 * width, width))
        }
        let head = Reference.transpose(wte, rows: model.vocabulary, columns: width)
        return Reference.multiply(norm(x, "ln_f"), head, m: length, k: width, n: model.vocabulary)
    }

    /// Mean cross-entropy over sequences of equal length.
    func loss(_ tokens: [UInt32], _ targets: [UInt32], length: Int) -> Double {
        var sum = 0.0
        for start in stride(from: 0, to: tokens.count, by: length) {
            let logits = logits(Array(tokens[start..<start + length]))
            for position in 0..<length {
                let row = Array(logits[position * model.vocabulary..<(position + 1) * model.vocabulary])
                sum += Reference.crossEntropy(row, target: Int(targets[start + position]))
            }
        }
        return sum / Double(tokens.count)
    }

    private func norm(_ x: [Double], _ name: String) -> [Double] {
        Reference.layerNorm(x, gain: tensor("\(name).weight"), bias: tensor("\(name).bias"))
    }

    private func linear(_ x: [Double], _ name: String, _ input: Int, _ output: Int) -> [Double] {
        let (rows, bias) = (x.count / input, tensor("\(name).bias"))
        let y = Reference.multiply(x, tensor("\(name).weight"), m: rows, k: input, n: output)
        return y.enumerated().map { $1 + bias[$0 % output] }
    }

    private func attention(_ fused: [Double]) -> [Double] {
        let (width, headWidth) = (model.width, model.width / model.heads)
        let length = fused.count / (3 * width)
        var output = [Double](repeating: 0, count: length * width)
        for head in 0..<model.heads {
            func part(_ number: Int) -> [Double] {
                (0..<length).flatMap { row in
                    let start = row * 3 * width + number * width + head * headWidth
                    return fused[start..<start + headWidth]
                }
            }
            let y = Reference.attention(query: part(0), key: part(1), value: part(2), width: headWidth)
            for row in 0..<length {
                for column in 0..<headWidth {
                    output[row * width + head * headWidth + column] = y[row * headWidth + column]
                }
            }
        }
        return output
    }

    private func add(_ a: [Double], _ b: [Double]) -> [Double] {
        zip(a, b).map(+)
    }
}
