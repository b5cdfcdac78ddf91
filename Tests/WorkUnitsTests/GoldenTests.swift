import Foundation
import TestSupport
import Testing
import WorkUnits

/// Archives as the first version wrote them: every later version reads them, and writes the same manifest and numbers.
///
/// The compressed bytes may differ with another zlib, so they are not compared. Golden/README.md tells how the files
/// were made.
@Suite struct GoldenTests {
    enum Golden: String, CaseIterable {
        case tokens
        case wideTokens = "tokens-wide"
        case unit
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
                // Not what this zlib would write: the unit names the golden shard's digest.
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

    @Test(arguments: Golden.allCases)
    func `manifest and payload are written as they always were`(golden: Golden) throws {
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
        (Golden.tokens, "651100f96e3af4f93b4b9401994f1ae4ac0aef57236cb61236e99756e27a6617"),
        (.wideTokens, "f0bc795bb85ed1efcabea3160c30733a6d973d61262ef38fc1158a7252746f6c"),
        (.unit, "5add61d72b8ada50341aaa3edf085c992c5717ead07678a3c346e00aebbf9e04"),
        (.float32, "ad35341458f543582a8b58f1fdca24e52d27219b9860586dc68af6da8f4919a9"),
        (.bfloat16, "16fdf7290e98aa9ffc82c3d701679371b634c9308e1a96a9493eb6edcfa46e21"),
    ])
    func `a golden file is never rewritten`(golden: Golden, digest: String) throws {
        #expect(try Digest(of: golden.file()).description == digest)
    }
}
