import Datasets
import Foundation
import WorkUnits

/// Documents as JSON lines; the file has its name only once it is whole.
struct JSONLinesFile: ~Copyable {
    private struct Line: Encodable {
        var text: String
        var source: String
        var line: Int
    }

    private static let bufferBytes = 1 << 20

    private let path: String
    private var file: DurableFile
    private var buffer: [UInt8] = []

    init(_ path: String) throws {
        self.path = path
        file = try DurableFile(path: path + ".tmp", isEmptied: true)
    }

    mutating func append(_ entry: PreparedCorpus.Entry) throws {
        let line = Line(text: String(decoding: entry.text, as: UTF8.self), source: entry.path, line: entry.line)
        buffer += try CanonicalJSON.encode(line) + [UInt8(ascii: "\n")]
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    mutating func publish() throws {
        try flush()
        try DurableFile.publish(path + ".tmp", as: path)
    }

    private mutating func flush() throws {
        try file.append(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}
