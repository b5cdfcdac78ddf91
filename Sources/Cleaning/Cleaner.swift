/// Applies steps to documents, one after the other.
///
/// A value without state: any number of threads may use the same one, each with a tally of its own. Memory: about four
/// times a document's size.
public struct Cleaner: Sendable {
    public let steps: [CleaningStep]

    /// - Throws: `CleaningFailure` for impossible limits.
    public init(_ steps: [CleaningStep]) throws(CleaningFailure) {
        for step in steps { try step.validate() }
        self.steps = steps
    }

    /// An empty tally of these steps.
    public var tally: CleaningTally { CleaningTally(steps) }

    /// Cleans a document and counts what was done to it.
    ///
    /// - Parameters:
    ///   - text: well-formed UTF-8.
    ///   - document: the caller's number for it: samples carry it, and it chooses which documents become samples.
    ///   - tally: one that this cleaner made.
    /// - Returns: the cleaned text, or nil if a step removed the document.
    public func clean(_ text: [UInt8], document: UInt64, tally: inout CleaningTally) -> [UInt8]? {
        tally.count(text)
        var text = text
        var repetition = Repetition()
        for (index, step) in steps.enumerated() {
            switch outcome(of: step, text, &repetition) {
            case .kept: break
            case .changed(let changed):
                tally.count(document, changedBy: index, from: text, to: changed)
                text = changed
                repetition = Repetition()
            case .removed:
                tally.count(document, removedBy: index, text)
                return nil
            }
        }
        tally.count(kept: text)
        return text
    }

    private enum Outcome {
        case kept, removed
        case changed([UInt8])

        init(_ text: [UInt8]?) { self = text.map { .changed($0) } ?? .kept }
        init(isRemoved: Bool) { self = isRemoved ? .removed : .kept }
    }

    private func outcome(of step: CleaningStep, _ text: [UInt8], _ repetition: inout Repetition) -> Outcome {
        switch step {
        case .nfc: Outcome(CanonicalComposition.composed(text))
        case .controlCharacters: Outcome(ControlCharacters.removed(from: text))
        case .whitespace: Outcome(Whitespace.tidied(text))
        case .length(let minimum, let maximum):
            Outcome(isRemoved: !hasLength(text, from: minimum, to: maximum))
        case .repeatedLines(let share, let byteShare):
            Outcome(isRemoved: RepeatedParts(linesOf: text).exceed(share: share, byteShare: byteShare))
        case .repeatedParagraphs(let share, let byteShare):
            Outcome(isRemoved: RepeatedParts(paragraphsOf: text).exceed(share: share, byteShare: byteShare))
        case .frequentNGram(let length, let share):
            Outcome(isRemoved: repetition.isFrequent(length, above: share, in: text))
        case .repeatedNGrams(let length, let share):
            Outcome(isRemoved: repetition.isRepeated(length, above: share, in: text))
        }
    }

    /// Counts characters only where the number of bytes, one to four for each, does not tell.
    private func hasLength(_ text: [UInt8], from minimum: Int, to maximum: Int) -> Bool {
        if text.count < minimum { return false }
        if text.count <= maximum, text.count / 4 >= minimum { return true }
        let characters = text.reduce(0) { $0 + ($1 & 0xC0 == 0x80 ? 0 : 1) }
        return characters >= minimum && characters <= maximum
    }
}
