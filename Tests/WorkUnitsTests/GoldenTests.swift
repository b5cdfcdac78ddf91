import Foundation
import TestSupport
import Testing
import WorkUnits

/// Archives as the first version of their format wrote them: every later version reads them, and writes the same.
///
/// The zlib streams of updates may differ with another zlib, so they are not compared. Golden/README.md tells how the files
/// were made.
@Suite struct GoldenTests {
    enum Golden: String, CaseIterable {
        case tokens = "tokens-2"
        case wideTokens = "tokens-wide-2"
        case unit = "unit-2"
        case float32 = "update-float32"
        case bfloat16 = "update-bfloat16"

        static let ids: [UInt32] = (0..<600).map { $0 * $0 % 40 }
        static let difference: [Float] = (0..<300).map { Float($0 - 150) / 1024 }

        /// What this version writes.
        func encoded() throws -> [UInt8] {
            switch self {
            case .tokens: return try TokenShard.encode(Self.ids, vocabulary: 40)
            case .wideTokens: return try TokenShard.encode(Self.ids.map { $0 + 70_000 }, vocabulary: 70_040)
            case .unit:
                let shard = try Golden.tokens.file()
                return try WorkUnitArchive.encode(.example(shard: shard, tokenCount: Self.ids.count), shard: shard)
            case .float32: return try update(.float32)
            case .bfloat16: return try update(.bfloat16)
            }
        }

        /// What the first version wrote.
        func file() throws -> [UInt8] {
            if let folder = ProcessInfo.processInfo.environment["CARAVAN_WRITE_GOLDEN"] {
                let path = "\(folder)/\(rawValue).caravan"
                if !FileManager.default.fileExists(atPath: path) {
                    try Data(encoded()).write(to: URL(filePath: path))
                }
            }
            let url = try #require(
                Bundle.module.url(forResource: rawValue, withExtension: "caravan", subdirectory: "Golden"))
            return Array(try Data(contentsOf: url))
        }

        private func update(_ codec: UpdateCodec) throws -> [UInt8] {
            try UpdateArchive.encode(.example(parameterCount: 300, codec: codec), difference: Self.difference)
        }
    }

    @Test(arguments: [Golden.tokens, .wideTokens, .unit])
    func `tokens are written as they always were, to the byte`(golden: Golden) throws {
        #expect(try golden.file() == golden.encoded())
    }

    @Test(arguments: [Golden.float32, .bfloat16])
    func `manifest and payload of an update are written as they always were`(golden: Golden) throws {
        let (then, now) = (try Archive(golden.file()), try Archive(golden.encoded()))
        #expect(then.kind == now.kind)
        #expect(String(decoding: then.manifest, as: UTF8.self) == String(decoding: now.manifest, as: UTF8.self))
        #expect(then.chunks.count == now.chunks.count)
        for chunk in then.chunks.indices { #expect(try then.inflated(chunk) == now.inflated(chunk)) }
    }

    @Test func `tokens are read as they were written`() throws {
        #expect(try TokenShard.decode(Golden.tokens.file()) == Golden.ids)
        #expect(try TokenShard.decode(Golden.wideTokens.file()) == Golden.ids.map { $0 + 70_000 })
        let unit = try WorkUnitArchive.decode(Golden.unit.file())
        #expect(unit.tokens == Golden.ids)
        #expect(unit.unit.training == .tiny)
    }

    @Test(arguments: [Golden.float32, .bfloat16])
    func `differences are read as they were written`(golden: Golden) throws {
        let update = try UpdateArchive(golden.file(), maximumParameters: 300)
        #expect(update.manifest.losses == [3.5, 3.25, 3.125])
        // These numbers have few bits: bfloat16 loses none of them.
        #expect(try update.values(ofChunk: 0) == Golden.difference)
    }

    @Test(arguments: [
        (Golden.tokens, "07705a1f635cc32b5f8e38949021c155b8bcc22db2cbe4c0222c28d25c68fd19"),
        (.wideTokens, "ef7a9edbaf634cd23af1a4def7efcc53dc94d983cea5d040c7421815f3e6f15e"),
        (.unit, "0abcf9e7c687c84b0a43f200d827f9646172c9916b6898611dd3291851f320e7"),
        (.float32, "ad35341458f543582a8b58f1fdca24e52d27219b9860586dc68af6da8f4919a9"),
        (.bfloat16, "16fdf7290e98aa9ffc82c3d701679371b634c9308e1a96a9493eb6edcfa46e21"),
    ])
    func `a golden file is never rewritten`(golden: Golden, digest: String) throws {
        #expect(try Digest(of: golden.file()).description == digest)
    }
}
