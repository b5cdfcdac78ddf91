import LanguageModel
import Testing
import WorkUnits

struct ParameterLayoutTests {
    let model = ModelConfiguration(layers: 2, width: 4, heads: 2, vocabulary: 10, context: 3)

    @Test func `tensors follow each other without gaps, in the order and shape of GPT-2`() {
        let layout = ParameterLayout(model)
        var end = 0
        for tensor in layout.tensors {
            #expect(tensor.range.lowerBound == end)
            #expect(tensor.range.count == tensor.shape.reduce(1, *))
            end = tensor.range.upperBound
        }
        #expect(layout.count == end)
        #expect(layout.tensors.count == 2 + 2 * 12 + 2)
        let shapes = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, $0.shape) })
        #expect(shapes["wte.weight"] == [10, 4])
        #expect(shapes["wpe.weight"] == [3, 4])
        #expect(shapes["h.1.attn.c_attn.weight"] == [4, 12])
        #expect(shapes["h.1.mlp.c_fc.weight"] == [4, 16])
        #expect(shapes["h.1.mlp.c_proj.weight"] == [16, 4])
        #expect(shapes["lm_head.weight"] == nil)
    }

    @Test func `the parameters of GPT-2 small are counted right`() {
        let small = ModelConfiguration(layers: 12, width: 768, heads: 12, vocabulary: 50257, context: 1024)
        #expect(ParameterLayout(small).count == 124_439_808)
    }

    @Test func `matrices decay, norms, biases and embeddings do not`() {
        let decaying = ParameterLayout(model).tensors.filter(\.decays).map(\.name)
        #expect(decaying.count == 8)
        #expect(
            decaying.allSatisfy {
                $0.hasSuffix("c_attn.weight") || $0.hasSuffix("c_proj.weight") || $0.hasSuffix("c_fc.weight")
            })
    }

    @Test func `the tensor of an index is the one whose range holds it`() {
        let layout = ParameterLayout(model)
        for tensor in layout.tensors {
            #expect(layout.tensor(at: tensor.range.lowerBound) == tensor)
            #expect(layout.tensor(at: tensor.range.upperBound - 1) == tensor)
        }
    }
}

struct InitialWeightsTests {
    let model = ModelConfiguration(layers: 2, width: 64, heads: 2, vocabulary: 300, context: 32)

    @Test func `any range gives the same bits as the whole`() {
        let weights = InitialWeights(model: model, seed: 4)
        let all = weights.all()
        for start in stride(from: 0, to: all.count, by: 7919) {
            let range = start..<min(start + 5000, all.count)
            #expect(weights.values(range) == Array(all[range]))
        }
    }

    @Test func `values have the mean and deviation that the layout asks for`() throws {
        let weights = InitialWeights(model: model, seed: 4)
        for tensor in weights.layout.tensors {
            let values = weights.values(tensor.range).map(Double.init)
            switch tensor.initialization {
            case .constant(let value): #expect(values.allSatisfy { $0 == Double(value) })
            case .normal(let deviation):
                let count = Double(values.count)
                let mean = values.reduce(0, +) / count
                let found = (values.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
                #expect(abs(mean) < 4 * deviation / count.squareRoot(), "\(tensor.name)")
                #expect(abs(found / deviation - 1) < 4 / (2 * count).squareRoot(), "\(tensor.name)")
            }
        }
        let projection = try #require(weights.layout.tensors.first { $0.name == "h.0.mlp.c_proj.weight" })
        #expect(projection.initialization == .normal(deviation: 0.01))
    }

    @Test func `the first values are those that were written down`() {
        let values = InitialWeights(model: model, seed: 4).values(0..<4).map(\.bitPattern)
        #expect(values == [3_154_845_368, 1_017_528_320, 1_025_688_207, 1_007_617_638])
        #expect(InitialWeights(model: model, seed: 5).values(0..<4).map(\.bitPattern) != values)
    }
}
