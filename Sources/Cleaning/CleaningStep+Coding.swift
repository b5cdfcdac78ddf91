// In a recipe, a step without limits is its name alone, and one with limits a dictionary under its name:
//
//     - nfc
//     - length: {minimum: 200, maximum: 1000000}
//     - repeatedNGrams: {length: 5, maximumShare: 0.15}
//
// `length` may leave out either bound.

extension CleaningStep: Codable {
    private enum StepKey: String, CodingKey, CaseIterable {
        case nfc, controlCharacters, whitespace
        case length, repeatedLines, repeatedParagraphs, frequentNGram, repeatedNGrams
    }

    private enum LimitKey: String, CodingKey {
        case minimum, maximum, length, maximumShare, maximumByteShare
    }

    static var names: String { StepKey.allCases.map(\.rawValue).joined(separator: ", ") }

    static func form(of name: String) -> String {
        switch StepKey(rawValue: name) {
        case .length: "length: {minimum: 200, maximum: 1000000}"
        case .repeatedLines, .repeatedParagraphs: "\(name): {maximumShare: 0.3, maximumByteShare: 0.2}"
        case .frequentNGram, .repeatedNGrams: "\(name): {length: 5, maximumShare: 0.15}"
        case .nfc, .controlCharacters, .whitespace, nil: "as its name alone"
        }
    }

    /// - Throws: `CleaningFailure` for an unknown name and for limits that are missing or impossible.
    public init(from decoder: any Decoder) throws {
        if let name = try? decoder.singleValueContainer().decode(String.self) {
            self = try Self.withoutLimits(name)
        } else {
            self = try Self.withLimits(decoder)
        }
        try validate()
    }

    private static func withoutLimits(_ name: String) throws(CleaningFailure) -> CleaningStep {
        switch StepKey(rawValue: name) {
        case .nfc: return .nfc
        case .controlCharacters: return .controlCharacters
        case .whitespace: return .whitespace
        case .some: throw .parameters(step: name)
        case nil: throw .unknownStep(name)
        }
    }

    private static func withLimits(_ decoder: any Decoder) throws -> CleaningStep {
        let names = try decoder.container(keyedBy: AnyName.self).allKeys
        guard let name = names.first?.stringValue, names.count == 1, let key = StepKey(rawValue: name) else {
            throw CleaningFailure.unknownStep(names.map(\.stringValue).sorted().joined(separator: " + "))
        }
        let container = try decoder.container(keyedBy: StepKey.self)
        guard let limits = try? container.nestedContainer(keyedBy: LimitKey.self, forKey: key) else {
            throw CleaningFailure.parameters(step: name)
        }
        do {
            switch key {
            case .length:
                return .length(
                    minimum: try limits.decodeIfPresent(Int.self, forKey: .minimum) ?? 0,
                    maximum: try limits.decodeIfPresent(Int.self, forKey: .maximum) ?? .max)
            case .repeatedLines:
                return .repeatedLines(
                    maximumShare: try limits.decode(Double.self, forKey: .maximumShare),
                    maximumByteShare: try limits.decode(Double.self, forKey: .maximumByteShare))
            case .repeatedParagraphs:
                return .repeatedParagraphs(
                    maximumShare: try limits.decode(Double.self, forKey: .maximumShare),
                    maximumByteShare: try limits.decode(Double.self, forKey: .maximumByteShare))
            case .frequentNGram:
                return .frequentNGram(
                    length: try limits.decode(Int.self, forKey: .length),
                    maximumShare: try limits.decode(Double.self, forKey: .maximumShare))
            case .repeatedNGrams:
                return .repeatedNGrams(
                    length: try limits.decode(Int.self, forKey: .length),
                    maximumShare: try limits.decode(Double.self, forKey: .maximumShare))
            case .nfc, .controlCharacters, .whitespace: throw CleaningFailure.parameters(step: name)
            }
        } catch is DecodingError {
            throw CleaningFailure.parameters(step: name)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .nfc, .controlCharacters, .whitespace:
            var container = encoder.singleValueContainer()
            try container.encode(name)
        case .length(let minimum, let maximum):
            var limits = limits(in: encoder, .length)
            try limits.encode(minimum, forKey: .minimum)
            if maximum < .max { try limits.encode(maximum, forKey: .maximum) }
        case .repeatedLines(let share, let byteShare), .repeatedParagraphs(let share, let byteShare):
            var limits = limits(
                in: encoder, name == StepKey.repeatedLines.rawValue ? .repeatedLines : .repeatedParagraphs)
            try limits.encode(share, forKey: .maximumShare)
            try limits.encode(byteShare, forKey: .maximumByteShare)
        case .frequentNGram(let length, let share), .repeatedNGrams(let length, let share):
            var limits = limits(in: encoder, name == StepKey.frequentNGram.rawValue ? .frequentNGram : .repeatedNGrams)
            try limits.encode(length, forKey: .length)
            try limits.encode(share, forKey: .maximumShare)
        }
    }

    private func limits(in encoder: any Encoder, _ key: StepKey) -> KeyedEncodingContainer<LimitKey> {
        var container = encoder.container(keyedBy: StepKey.self)
        return container.nestedContainer(keyedBy: LimitKey.self, forKey: key)
    }
}

/// Any key of a dictionary, to name the ones that mean nothing.
private struct AnyName: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}
