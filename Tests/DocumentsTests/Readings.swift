import Compression
import Documents
import TestSupport

/// Everything that reading bytes gives; a file that cannot be read at all is its one problem.
func readings(
    of bytes: [UInt8], named name: String = "file.txt", _ options: ReadingOptions = ReadingOptions(), piece: Int = .max
) -> [Reading] {
    do throws(ReadingProblem) {
        return Array(try DocumentReader(MemorySource(bytes, piece: piece), name: name, options: options))
    } catch {
        return [.problem(error)]
    }
}

func readings(
    of text: String, named name: String = "file.txt", _ options: ReadingOptions = ReadingOptions(), piece: Int = .max
) -> [Reading] {
    readings(of: Array(text.utf8), named: name, options, piece: piece)
}

extension [Reading] {
    var texts: [String] { documents.map(\.string) }

    var documents: [Document] {
        compactMap { if case .document(let document) = $0 { document } else { nil } }
    }

    var problems: [ReadingProblem] {
        compactMap { if case .problem(let problem) = $0 { problem } else { nil } }
    }

    var kinds: [ReadingProblem.Kind] { problems.map(\.kind) }
    /// The line and the byte of each problem.
    var places: [[Int]] { problems.map { [$0.origin.line, $0.origin.byte] } }
}
