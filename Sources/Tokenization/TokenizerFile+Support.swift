extension TokenizerFile.Component {
    /// - Parameter dividing: whether it divides text by GPT-2's pattern, beside spelling bytes.
    static func byteLevel(dividing: Bool) -> Self {
        Self(type: "ByteLevel", addPrefixSpace: false, trimOffsets: true, useRegex: dividing)
    }

    /// What divides text by `pattern` and spells bytes.
    static func dividing(by pattern: SplitPattern) -> Self {
        switch pattern {
        case .gpt2: byteLevel(dividing: true)
        case .gpt4:
            Self(
                type: "Sequence",
                pretokenizers: [
                    Self(
                        type: "Split", pattern: Pattern(regularExpression: pattern.regularExpression),
                        behavior: "Isolated", invert: false),
                    byteLevel(dividing: false),
                ])
        }
    }

    /// The pattern that this pre-tokenizer divides by.
    func splitPattern() throws(TokenizerFailure) -> SplitPattern {
        guard type == "Sequence" else {
            try requireByteLevel()
            if useRegex == false { throw .unsupported("words that are whole texts") }
            return .gpt2
        }
        guard let parts = pretokenizers, parts.count == 2, parts[0].type == "Split" else {
            let types = (pretokenizers ?? []).map(\.type).joined(separator: ", ")
            throw .unsupported("the pre-tokenizers \(types.isEmpty ? "none" : types)")
        }
        try parts[1].requireByteLevel()
        if parts[1].useRegex ?? true { throw .unsupported("two patterns, one after the other") }
        let split = parts[0]
        guard let expression = split.pattern?.regularExpression, split.behavior == "Isolated", split.invert != true,
            let pattern = SplitPattern(regularExpression: expression)
        else {
            throw .unsupported("the split pattern '\(split.pattern?.regularExpression ?? "none")'")
        }
        return pattern
    }

    private func requireByteLevel() throws(TokenizerFailure) {
        guard type == "ByteLevel" else { throw .unsupported("the pre-tokenizer \(type)") }
        if addPrefixSpace ?? true { throw .unsupported("a space added before the text") }
    }

    /// Refuses what changes ids. A template adds special tokens around a text: whoever encodes here does that.
    fileprivate func requireSupportedProcessor() throws(TokenizerFailure) {
        switch type {
        case "ByteLevel", "TemplateProcessing": break
        case "Sequence": for part in processors ?? [] { try part.requireSupportedProcessor() }
        default: throw .unsupported("the post-processor \(type)")
        }
    }
}

extension TokenizerFile {
    /// Refuses every setting under which other ids would come out than are computed here.
    ///
    /// - Returns: how text is divided.
    func requireSupported() throws(TokenizerFailure) -> SplitPattern {
        if let normalizer { throw .unsupported("the normalizer \(normalizer.type)") }
        guard let preTokenizer else { throw .unsupported("the pre-tokenizer none") }
        let pattern = try preTokenizer.splitPattern()
        try postProcessor?.requireSupportedProcessor()
        if let type = model.type, type != "BPE" { throw .unsupported("the model \(type)") }
        if (model.dropout ?? 0) != 0 { throw .unsupported("dropout") }
        if model.byteFallback == true { throw .unsupported("tokens for bytes beside those of the byte alphabet") }
        if !(model.continuingSubwordPrefix ?? "").isEmpty { throw .unsupported("a prefix of parts of words") }
        if !(model.endOfWordSuffix ?? "").isEmpty { throw .unsupported("a suffix of words") }
        return pattern
    }

    /// The special tokens by id, and which of them ends a text: `name`, or the first known name of one.
    func specialTokens(
        endingWith name: String?
    ) throws(TokenizerFailure) -> (all: [Tokenizer.SpecialToken], endOfText: UInt32) {
        var tokens: [Tokenizer.SpecialToken] = []
        for token in addedTokens.sorted(by: { $0.id < $1.id }) {
            guard token.special else {
                throw .unsupported("the added token '\(token.content)', which text can contain")
            }
            guard let id = UInt32(exactly: token.id), !token.content.isEmpty else {
                throw .malformed("the added token '\(token.content)' has id \(token.id)")
            }
            if let other = model.vocab[token.content], other != token.id {
                throw .malformed("'\(token.content)' has id \(token.id) and \(other)")
            }
            if tokens.contains(where: { $0.id == id || $0.name == token.content }) {
                throw .malformed("the added token '\(token.content)' or its id \(id) stands there twice")
            }
            tokens.append(Tokenizer.SpecialToken(id: id, name: token.content))
        }
        let names = name.map { [$0] } ?? Tokenizer.endOfTextNames
        for name in names {
            if let end = tokens.first(where: { $0.name == name }) { return (tokens, end.id) }
        }
        throw .noEndOfText(names: names, found: tokens.prefix(20).map(\.name))
    }
}
