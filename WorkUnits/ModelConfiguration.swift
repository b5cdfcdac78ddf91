/// The shape of a GPT-2 model: learned positions, pre-layer-norm, fused query-key-value, GELU (tanh), tied head.
///
/// The multilayer perceptron is four times as wide as the model.
public struct ModelConfiguration: Codable, Hashable, Sendable {
    public var layers: Int
    /// Channels C of the residual stream; a multiple of `heads`.
    public var width: Int
    public var heads: Int
    /// Token ids are 0 ..< vocabulary.
    public var vocabulary: Int
    /// Most positions a sequence can have.
    public var context: Int

    public init(layers: Int, width: Int, heads: Int, vocabulary: Int, context: Int) {
        self.layers = layers
        self.width = width
        self.heads = heads
        self.vocabulary = vocabulary
        self.context = context
    }

    /// Refuses shapes that cannot be built: every number bounded before anything is allocated.
    public func validate() throws(InvalidSetting) {
        try InvalidSetting.require("layers", layers, in: 1...512)
        try InvalidSetting.require("heads", heads, in: 1...512)
        try InvalidSetting.require("width", width, in: 1...65_536)
        try InvalidSetting.require("vocabulary", vocabulary, in: 2...1_000_000)
        try InvalidSetting.require("context", context, in: 1...1_048_576)
        guard width.isMultiple(of: heads) else {
            throw InvalidSetting(
                name: "width", reason: "\(width) is not divisible by \(heads) heads: every head needs the same width")
        }
    }
}

/// A setting whose value cannot work, and why.
public struct InvalidSetting: Error, Hashable, Sendable, CustomStringConvertible {
    public var name: String
    public var reason: String

    public init(name: String, reason: String) {
        self.name = name
        self.reason = reason
    }

    public var description: String { "\(name): \(reason)" }

    static func require(_ name: String, _ value: Int, in range: ClosedRange<Int>) throws(InvalidSetting) {
        guard range.contains(value) else {
            throw InvalidSetting(
                name: name, reason: "\(value) is not between \(range.lowerBound) and \(range.upperBound)")
        }
    }

    static func require(_ name: String, _ value: Double, in range: ClosedRange<Double>) throws(InvalidSetting) {
        guard range.contains(value) else {
            throw InvalidSetting(
                name: name, reason: "\(value) is not between \(range.lowerBound) and \(range.upperBound)")
        }
    }
}
