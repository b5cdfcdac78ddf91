import LanguageModel
import WorkUnits

/// The header of a safetensors file with the weights of one model: a pure function of the model.
///
/// 8 bytes with the length of the JSON, little-endian; canonical JSON, padded with spaces so that the numbers begin at a
/// multiple of 8; then the numbers, float32 little-endian, in the order of the parameter layout.
struct WeightsHeader {
    /// The format allows 100 MB; the largest model's header is smaller than this.
    static let maximumBytes = 1 << 20

    struct Tensor: Codable, Hashable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    /// `format: pt` is what Hugging Face's loaders ask for.
    struct Metadata: Codable, Hashable {
        var format = "pt"
        var model: String

        enum CodingKeys: String, CodingKey {
            case format
            case model = "caravan.model"
        }
    }

    /// The JSON: tensors by name, beside `__metadata__`.
    struct Document: Codable, Hashable {
        var metadata: Metadata
        var tensors: [String: Tensor]
    }

    let model: ModelConfiguration
    let layout: ParameterLayout

    init(_ model: ModelConfiguration) throws(InvalidSetting) {
        try model.validate()
        self.model = model
        layout = ParameterLayout(model)
    }

    func document() throws -> Document {
        var tensors: [String: Tensor] = [:]
        for tensor in layout.tensors {
            tensors[tensor.name] = Tensor(
                dtype: "F32", shape: tensor.shape,
                data_offsets: [4 * tensor.range.lowerBound, 4 * tensor.range.upperBound])
        }
        let model = String(decoding: try CanonicalJSON.encode(model), as: UTF8.self)
        return Document(metadata: Metadata(model: model), tensors: tensors)
    }

    /// Everything before the numbers.
    func bytes() throws -> [UInt8] {
        var json = try CanonicalJSON.encode(try document())
        json += Array(repeating: UInt8(ascii: " "), count: (8 - json.count % 8) % 8)
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt64(json.count))
        return bytes + json
    }
}

extension WeightsHeader.Document {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }

        static let metadata = Key(stringValue: "__metadata__")
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        metadata = try container.decode(WeightsHeader.Metadata.self, forKey: .metadata)
        tensors = [:]
        for key in container.allKeys where key.stringValue != Key.metadata.stringValue {
            tensors[key.stringValue] = try container.decode(WeightsHeader.Tensor.self, forKey: key)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(metadata, forKey: .metadata)
        for (name, tensor) in tensors { try container.encode(tensor, forKey: Key(stringValue: name)) }
    }
}
