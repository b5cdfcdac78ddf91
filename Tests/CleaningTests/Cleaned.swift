import Cleaning
import Testing

/// What steps make of a text; nil if they remove it.
func cleaned(_ text: String, _ steps: CleaningStep...) throws -> String? {
    let cleaner = try Cleaner(steps)
    var tally = cleaner.tally
    return cleaner.clean(Array(text.utf8), document: 0, tally: &tally).map {
        String(decoding: $0, as: UTF8.self)
    }
}

/// Swift compares strings by canonical equivalence; bytes tell them apart. Shows where long texts first differ.
func expectBytes(
    _ text: String?, _ expected: String?, sourceLocation: SourceLocation = #_sourceLocation
) {
    let (bytes, expectedBytes) = (text.map { Array($0.utf8) }, expected.map { Array($0.utf8) })
    guard bytes != expectedBytes else { return }
    let common = zip(bytes ?? [], expectedBytes ?? []).prefix { $0 == $1 }.count
    let excerpts = [bytes, expectedBytes].map {
        $0.map { Array($0.dropFirst(max(0, common - 8)).prefix(40)) }
    }
    Issue.record("\(excerpts) differ after \(common) bytes", sourceLocation: sourceLocation)
}
