import Documents
import Testing
import TestSupport

/// Texts longer than what is read at once, of which every fourth byte ends a line.
private let long = (0..<3).map { index in
    let letter = ["a", "b", "c"][index]
    return String(repeating: "\(letter)\(letter)\(letter)\n", count: 60_000 + 30_000 * index) + "end"
}

private func check(_ found: [Reading], lines: [Int]) {
    #expect(found.problems.isEmpty)
    // Not compared in an expectation, which would print them.
    let isEqual = found.texts == long
    #expect(isEqual)
    #expect(found.documents.map(\.origin.line) == lines)
}

@Test(arguments: [1000, 100_000, Int.max])
func `documents of any length are whole, and lines are counted through them`(piece: Int) {
    let starts = [1, 60_003, 150_005]
    let sections = long.joined(separator: "\n%\n")
    check(readings(of: sections, ReadingOptions(separator: "%"), piece: piece), lines: starts)
    let table = "text\n" + long.map { "\"\($0)\"\n" }.joined()
    check(readings(of: table, named: "a.csv", piece: piece), lines: [2, 60_003, 150_004])
    let lines = long.map { "{\"text\":\"\($0.replacing("\n", with: "\\n"))\"}\n" }.joined()
    check(readings(of: lines, named: "a.jsonl", piece: piece), lines: [1, 2, 3])
    check(readings(of: Gzip.member(Array(sections.utf8)), ReadingOptions(separator: "%"), piece: piece), lines: starts)
}

@Test(arguments: [1000, Int.max])
func `the limit holds to the byte beyond what is read at once`(piece: Int) {
    let text = String(repeating: "x", count: 300_000)
    for (limit, texts) in [(300_000, [text, "end"]), (299_999, ["end"])] {
        let options = ReadingOptions(separator: "%", maximumDocumentBytes: limit)
        let isEqual = readings(of: text + "\r\n%\nend", options, piece: piece).texts == texts
        #expect(isEqual)
        let isRowEqual = readings(of: "text\n" + text + "\r\nend", named: "a.csv", options, piece: piece).texts == texts
        #expect(isRowEqual)
    }
}
