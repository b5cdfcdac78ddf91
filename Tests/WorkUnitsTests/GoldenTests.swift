import Foundation
import TestSupport
import Testing
import WorkUnits

/// Archives as the first version that knew their format wrote them: every later version reads them, and writes the same
/// manifest and numbers.
///
/// The zlib streams of updates may differ with another zlib, so they are not compared. Golden/README.md tells how the files
/// were made.
@Suite struct GoldenTests {
    enum Golden: String, CaseIterable {
        case tokens = "tokens-2"
        case wideTokens = "tokens-wide-2"
        case unit = "unit-3"
        case float32 = "update-float32"
        case bfloat16 = "update-bfloat16"
        case int8 = "update-int8"
        case int4 = "update-int4"
        case topK = "update-topk-2"
        case feedback = "update-feedback-2"

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
            case .int8: return try update(.int8)
            case .int4: return try update(.int4)
            case .topK: return try update(.topK)
            case .feedback:
                var host = HostState(parameterCount: 300)
                _ = try host.encode(.example(parameterCount: 300, codec: .topK)) { Array(Self.difference[$0]) }
                return try host.encode(.example(parameterCount: 300, codec: .topK)) { Array(Self.difference[$0]) }
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

    /// The digests are those of a reader that was written from FORMAT.md alone.
    @Test(arguments: [
        (Golden.int8, "8a17436244abbef022985b62d56239b922df2c682f4e9d9bbd0657cce2db7ca5"),
        (.int4, "805eb58197b8bcc06055589b3360e6774fe2b08bc1a59dd79430acbe7681ad4b"),
        (.topK, "a17d611bf9e82bdfc2d9253b984a12546c5b5269cf1b01297caa8b0600a5a0d7"),
        (.feedback, "15eb6b01c92dc25e33caeb29c6ff81c83f2b7e27d582370d2541e9e7e5765f80"),
    ])
    func `rounded differences are read as they always were`(golden: Golden, digest: String) throws {
        let values = try UpdateArchive(golden.file(), maximumParameters: 300).values(ofChunk: 0)
        #expect(Digest(of: [UInt8](littleEndian: values)).description == digest)
    }

    @Test(arguments: [
        (Golden.tokens, "07705a1f635cc32b5f8e38949021c155b8bcc22db2cbe4c0222c28d25c68fd19"),
        (.wideTokens, "ef7a9edbaf634cd23af1a4def7efcc53dc94d983cea5d040c7421815f3e6f15e"),
        (.unit, "79d38ef6d414176ebd8ce251defe5d8a6caf07da78d9bb3e464c628d5e0e963c"),
        (.float32, "ad35341458f543582a8b58f1fdca24e52d27219b9860586dc68af6da8f4919a9"),
        (.bfloat16, "16fdf7290e98aa9ffc82c3d701679371b634c9308e1a96a9493eb6edcfa46e21"),
        (.int8, "629e423c5bfd3e46aa63d04d262ef395ee55f505e25104ef797d6dc320e7a622"),
        (.int4, "be06eef26ba20e7790d358b14def4992cc046eea481de92e0d8224e4d72311ba"),
        (.topK, "bf30bf505d9e079d9ad65e2fcc15a75bf1cda6298bbdee399da15db6d46e26de"),
        (.feedback, "a61f460d1e0dafb6fd825fe4fb3d3eb40e08a61395d8d07b3d8d3af3dbbfeceb"),
    ])
    func `a golden file is never rewritten`(golden: Golden, digest: String) throws {
        #expect(try Digest(of: golden.file()).description == digest)
    }
}
