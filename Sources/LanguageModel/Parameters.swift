import Kernels
import WorkUnits

/// All parameters of a model, or their gradients, in one flat buffer, and a window for each tensor.
public struct Parameters: Sendable {
    public let buffer: FloatBuffer
    let tokens: Matrix
    let positions: Matrix
    let blocks: [Block]
    let finalNorm: Norm

    /// Gain and bias `[1, C]`.
    struct Norm: Sendable {
        let gain, bias: Matrix
    }

    /// Weight `[in, out]` and bias `[1, out]`.
    struct Linear: Sendable {
        let weight, bias: Matrix
    }

    struct Block: Sendable {
        let norm1: Norm
        let qkv: Linear
        let projection: Linear
        let norm2: Norm
        let up: Linear
        let down: Linear

        var vectors: Vectors {
            Vectors(
                norm1: norm1, qkv: qkv.bias, projection: projection.bias, norm2: norm2, up: up.bias, down: down.bias)
        }
    }

    /// The parameters of a block that are not matrices: two norms and four biases.
    struct Vectors: Sendable {
        let norm1: Norm
        let qkv, projection: Matrix
        let norm2: Norm
        let up, down: Matrix

        /// Numbers in all of them, for model width C.
        static func count(width: Int) -> Int { 13 * width }

        var all: [Matrix] {
            [norm1.gain, norm1.bias, qkv, projection, norm2.gain, norm2.bias, up, down]
        }
    }

    /// Zeros.
    public init(_ model: ModelConfiguration) {
        let layout = ParameterLayout(model)
        let buffer = FloatBuffer(count: layout.count)
        var tensors = layout.tensors[...]
        // The windows are taken in the order of the layout.
        func next() -> Matrix {
            let tensor = tensors.removeFirst()
            let columns = tensor.shape.last ?? 1
            return buffer.matrix(at: tensor.range.lowerBound, rows: tensor.range.count / columns, columns: columns)
        }
        tokens = next()
        positions = next()
        blocks = (0..<model.layers).map { _ in
            Block(
                norm1: Norm(gain: next(), bias: next()), qkv: Linear(weight: next(), bias: next()),
                projection: Linear(weight: next(), bias: next()), norm2: Norm(gain: next(), bias: next()),
                up: Linear(weight: next(), bias: next()), down: Linear(weight: next(), bias: next()))
        }
        finalNorm = Norm(gain: next(), bias: next())
        self.buffer = buffer
    }
}

extension Parameters.Vectors {
    /// In a row of their own.
    init(width: Int, in memory: Matrix) {
        var end = 0
        func next(_ widths: Int) -> Matrix {
            defer { end += widths * width }
            return memory.columns(end..<end + widths * width)
        }
        norm1 = Parameters.Norm(gain: next(1), bias: next(1))
        (qkv, projection) = (next(3), next(1))
        norm2 = Parameters.Norm(gain: next(1), bias: next(1))
        (up, down) = (next(4), next(1))
    }
}
