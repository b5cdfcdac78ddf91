import Datasets
import Recipes
import Tokenization
import WorkUnits

/// A recipe's text as token ids, by the file that it was read from: what simulated hosts train on.
public struct TextParts: Sendable {
    public struct Part: Sendable {
        /// The file's path, as the recipe's source has it.
        public var path: String
        /// The recipe's source that it belongs to.
        public var source: String
        public var tokens: [UInt32]

        public init(path: String, source: String, tokens: [UInt32]) {
            self.path = path
            self.source = source
            self.tokens = tokens
        }
    }

    /// In the order in which the files first occur in the dataset.
    public var parts: [Part]
    /// All of them in the order of the dataset.
    public var tokens: [UInt32]
    /// What versions are measured on.
    public var validation: [UInt32]
    public var tokenizer: Tokenizer

    /// More tokens than a simulation has use for, and this machine may have memory for.
    public static let maximumTokens = 1 << 29

    /// Encodes what `Recipe.prepareCorpus` gives.
    public init(_ corpus: PreparedCorpus, tokenizer: Tokenizer, recipe: Recipe) throws {
        self.tokenizer = tokenizer
        var encoder = TokenEncoder(tokenizer)
        var places: [String: Int] = [:]
        var parts: [Part] = []
        var all: [UInt32] = []
        try corpus.forEach(of: .training) { entry in
            let start = all.count
            entry.text.withUnsafeBytes { encoder.encode($0, into: &all) }
            all.append(tokenizer.endOfText)
            guard all.count <= Self.maximumTokens else {
                throw SimulationFailure(
                    "the text has more than \(Self.maximumTokens) tokens, which a simulation keeps in memory: name less "
                        + "of it in the recipe")
            }
            let place = places[entry.path] ?? parts.count
            if place == parts.count {
                places[entry.path] = place
                parts.append(Part(path: entry.path, source: entry.source, tokens: []))
            }
            parts[place].tokens += all[start...]
        }
        var validation: [UInt32] = []
        let wanted = recipe.data.validation.tokens
        try corpus.forEach(of: .validation) { entry in
            guard validation.count < wanted else { return }
            entry.text.withUnsafeBytes { encoder.encode($0, into: &validation) }
            validation.append(tokenizer.endOfText)
        }
        guard all.count > recipe.unit.sequenceLength, validation.count > recipe.unit.sequenceLength else {
            throw SimulationFailure(
                "\(all.count) tokens to train on and \(validation.count) to measure with are too few for a sequence of "
                    + "\(recipe.unit.sequenceLength)")
        }
        self.parts = parts
        tokens = all
        self.validation = Array(validation.prefix(wanted))
    }

    /// For tests and programs that have tokens already.
    public init(parts: [Part], validation: [UInt32], tokenizer: Tokenizer) {
        self.parts = parts
        tokens = parts.flatMap(\.tokens)
        self.validation = validation
        self.tokenizer = tokenizer
    }
}
