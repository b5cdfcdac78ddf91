import ArgumentParser
import Foundation
import WorkUnits

/// Token shards of real ids: how small they are, and how fast they are written and read.
struct ShardBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "shard",
        abstract: "Size of token shards, and the speed of writing and reading them, per second of a processor.",
        discussion: """
            The file has ids of 16 bits, least significant byte first, as nanoGPT's train.bin has them. Megabytes per \
            second of a processor are those of these ids; with --text-bytes the line also has those of the text. \
            Benchmarks/peers/shard.py prints the same of zlib and zstd.
            """)

    @Argument(help: "File of ids.")
    var file: String

    @Option(help: "Tokens in each shard but the last.")
    var tokens = 1 << 20

    @Option(help: "Bytes of the text that the ids were made from.")
    var textBytes: Int?

    @Option(help: "How often all shards are written, and read. The median counts.")
    var repetitions = 9

    func validate() throws {
        guard (1...TokenShard.maximumTokens).contains(tokens) else {
            throw ValidationError("--tokens \(tokens): 1 to \(TokenShard.maximumTokens)")
        }
        guard repetitions >= 1 else { throw ValidationError("--repetitions \(repetitions): at least 1") }
    }

    func run() throws {
        let ids = try Data(contentsOf: URL(filePath: file)).withUnsafeBytes { bytes in
            (0..<bytes.count / 2).map {
                UInt32(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)))
            }
        }
        guard let last = ids.max() else { throw ValidationError("\(file): no ids") }
        let parts = stride(from: 0, to: ids.count, by: tokens).map { Array(ids[$0..<min($0 + tokens, ids.count)]) }
        let vocabulary = Int(last) + 1
        var shards: [[UInt8]] = []
        let writing = try processorSeconds {
            shards = try parts.map { try TokenShard.encode($0, vocabulary: vocabulary) }
        }
        var read: [[UInt32]] = []
        let reading = try processorSeconds { read = try shards.map { try TokenShard.decode($0) } }
        guard read == parts else { throw ValidationError("\(file): other tokens came back") }

        let stored = shards.reduce(0) { $0 + $1.count }
        func rate(_ bytes: Int, _ seconds: Double) -> String { (Double(bytes) / 1e6 / seconds).formatted(digits: 0) }
        var figures = Figures(
            "shard",
            [
                "codec": "caravan", "ids": "\(ids.count)", "shardTokens": "\(tokens)",
                "bytesPerToken": (Double(stored) / Double(ids.count)).formatted(digits: 4),
                "writeMegabytesPerSecond": rate(2 * ids.count, writing),
                "readMegabytesPerSecond": rate(2 * ids.count, reading),
            ])
        if let textBytes { figures.append("readTextMegabytesPerSecond", rate(textBytes, reading)) }
        print(figures)
    }

    /// The median of all repetitions after the first.
    private func processorSeconds(_ step: () throws -> Void) rethrows -> Double {
        try step()
        return try (0..<repetitions).map { _ in
            let start = ThisProcess.processorSeconds
            try step()
            return ThisProcess.processorSeconds - start
        }.median
    }
}
