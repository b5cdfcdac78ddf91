#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The specification of every operation of `Arithmetic`: scalar, in float64, one element after the other.
///
/// Matrices are flat and row-major.
public enum Reference {
    /// `a · b`: `[m, k] · [k, n]` into `[m, n]`.
    public static func multiply(_ a: [Double], _ b: [Double], m: Int, k: Int, n: Int) -> [Double] {
        var c = [Double](repeating: 0, count: m * n)
        for row in 0..<m {
            for column in 0..<n {
                for inner in 0..<k { c[row * n + column] += a[row * k + inner] * b[inner * n + column] }
            }
        }
        return c
    }

    /// `[rows, columns]` into `[columns, rows]`.
    public static func transpose(_ a: [Double], rows: Int, columns: Int) -> [Double] {
        (0..<columns).flatMap { column in (0..<rows).map { a[$0 * columns + column] } }
    }

    public static func layerNorm(_ x: [Double], gain: [Double], bias: [Double]) -> [Double] {
        let width = gain.count
        return stride(from: 0, to: x.count, by: width).flatMap { start in
            let row = x[start..<start + width]
            let mean = row.reduce(0, +) / Double(width)
            let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            return row.enumerated().map { ($1 - mean) / (variance + 1e-5).squareRoot() * gain[$0] + bias[$0] }
        }
    }

    /// Gradients of x, gain and bias.
    public static func layerNormBackward(
        _ dy: [Double], at x: [Double], gain: [Double]
    ) -> (x: [Double], gain: [Double], bias: [Double]) {
        let width = gain.count
        var (dx, dgain, dbias) = (x, gain.map { _ in 0.0 }, gain.map { _ in 0.0 })
        for start in stride(from: 0, to: x.count, by: width) {
            let columns = 0..<width
            let normal = layerNorm(
                Array(x[start..<start + width]), gain: gain.map { _ in 1 }, bias: gain.map { _ in 0 })
            let mean = x[start..<start + width].reduce(0, +) / Double(width)
            let variance = x[start..<start + width].reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
            let through = columns.map { dy[start + $0] * gain[$0] }
            let plain = through.reduce(0, +) / Double(width)
            let weighted = columns.reduce(0) { $0 + through[$1] * normal[$1] } / Double(width)
            for column in columns {
                dx[start + column] =
                    (through[column] - plain - normal[column] * weighted) / (variance + 1e-5).squareRoot()
                dgain[column] += dy[start + column] * normal[column]
                dbias[column] += dy[start + column]
            }
        }
        return (dx, dgain, dbias)
    }

    /// `x / 2 · (1 + tanh(√(2/π) (x + 0.044715 x³)))`, element by element.
    public static func gelu(_ x: Double) -> Double {
        x / 2 * (1 + tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    }

    public static func geluDerivative(_ x: Double) -> Double {
        let slope = (2 / Double.pi).squareRoot()
        let t = tanh(slope * (x + 0.044715 * x * x * x))
        return (1 + t) / 2 + x / 2 * (1 - t * t) * slope * (1 + 3 * 0.044715 * x * x)
    }

    /// Causal attention of one head: queries `[n, width]`, keys and values `[T, width]`, output `[n, width]`.
    public static func attention(query: [Double], key: [Double], value: [Double], width: Int) -> [Double] {
        let probabilities = attentionProbabilities(query: query, key: key, width: width)
        return multiply(probabilities, value, m: query.count / width, k: key.count / width, n: width)
    }

    /// Gradients of query, key and value, all `[T, width]`.
    public static func attentionBackward(
        _ dy: [Double], query: [Double], key: [Double], value: [Double], width: Int
    ) -> (query: [Double], key: [Double], value: [Double]) {
        let length = query.count / width
        let p = attentionProbabilities(query: query, key: key, width: width)
        let dp = multiply(
            dy, transpose(value, rows: length, columns: width), m: length, k: width, n: length)
        var ds = p
        for row in 0..<length {
            let dot = (0..<length).reduce(0) { $0 + p[row * length + $1] * dp[row * length + $1] }
            for column in 0..<length {
                let index = row * length + column
                ds[index] = p[index] * (dp[index] - dot) / Double(width).squareRoot()
            }
        }
        func transposed(_ a: [Double]) -> [Double] { transpose(a, rows: length, columns: length) }
        return (
            multiply(ds, key, m: length, k: length, n: width),
            multiply(transposed(ds), query, m: length, k: length, n: width),
            multiply(transposed(p), dy, m: length, k: length, n: width)
        )
    }

    private static func attentionProbabilities(query: [Double], key: [Double], width: Int) -> [Double] {
        let (rows, length) = (query.count / width, key.count / width)
        let scores = multiply(query, transpose(key, rows: length, columns: width), m: rows, k: width, n: length)
        return (0..<rows).flatMap { row in
            let seen = length - rows + row + 1
            let shares = softmax(scores[row * length..<row * length + seen].map { $0 / Double(width).squareRoot() })
            return shares + [Double](repeating: 0, count: length - seen)
        }
    }

    public static func exponential(_ x: Double) -> Double { exp(x) }

    public static func softmax(_ x: [Double]) -> [Double] {
        let greatest = x.max() ?? 0
        let exponentials = x.map { exp($0 - greatest) }
        let sum = exponentials.reduce(0, +)
        return exponentials.map { $0 / sum }
    }

    /// The negative logarithm of the target's softmax.
    public static func crossEntropy(_ logits: [Double], target: Int) -> Double {
        let greatest = logits.max() ?? 0
        return log(logits.reduce(0) { $0 + exp($1 - greatest) }) + greatest - logits[target]
    }

    public static func crossEntropyGradient(_ logits: [Double], target: Int) -> [Double] {
        var gradient = softmax(logits)
        gradient[target] -= 1
        return gradient
    }

    /// One parameter of AdamW: weight and both moments after the step.
    public static func adamW(
        _ step: AdamWStep, decay: Double, weight: Double, gradient: Double, mean: Double, square: Double
    ) -> (weight: Double, mean: Double, square: Double) {
        let gradient = gradient * step.gradientScale
        let mean = step.beta1 * mean + (1 - step.beta1) * gradient
        let square = step.beta2 * square + (1 - step.beta2) * gradient * gradient
        let meanHat = mean / (1 - pow(step.beta1, Double(step.number)))
        let squareHat = square / (1 - pow(step.beta2, Double(step.number)))
        let kept = weight * (1 - step.learningRate * decay)
        return (kept - step.learningRate * meanHat / (squareHat.squareRoot() + step.epsilon), mean, square)
    }
}
