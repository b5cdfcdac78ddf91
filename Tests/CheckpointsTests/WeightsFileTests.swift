import Checkpoints
import LanguageModel
import TestSupport
import Testing
import WorkUnits

@Suite struct WeightsFileTests {
    private let folder: TemporaryFolder
    private let weights: [Float]
    private let bytes: [UInt8]

    init() throws {
        folder = try TemporaryFolder()
        var random = SplitMix64(seed: 1)
        weights = random.floats(ParameterLayout(.tiny).count)
        let writer = try WeightsWriter(path: folder.file("weights"), model: .tiny)
        try writer.append(weights)
        _ = try writer.finish()
        bytes = try folder.read("weights")
    }

    @Test func `a file gives back its model and every bit`() throws {
        let file = try WeightsFile(FileBytes(path: folder.file("weights")))
        #expect(file.model == .tiny)
        #expect(try file.all() == weights)
        #expect(try file.values(10..<20) == Array(weights[10..<20]))
        #expect(try file.values(5..<5) == [])
    }

    @Test func `the digest and size are the file's, however the numbers were divided`() throws {
        var random = SplitMix64(seed: 2)
        let writer = try WeightsWriter(path: folder.file("pieces"), model: .tiny)
        while writer.count < weights.count {
            let count = Int.random(in: 0...min(100, weights.count - writer.count), using: &random)
            try writer.append(Array(weights[writer.count..<writer.count + count]))
        }
        let finished = try writer.finish()
        #expect(finished.digest == Digest(of: bytes))
        #expect(finished.bytes == bytes.count)
        #expect(try folder.read("pieces") == bytes)
    }

    @Test func `the header is what safetensors readers expect`() throws {
        let length = Int(bytes[0]) + Int(bytes[1]) << 8 + Int(bytes[2]) << 16
        let json = String(decoding: bytes[8..<8 + length], as: UTF8.self)
        #expect((8 + length).isMultiple(of: 8))
        let model = #"{\"context\":16,\"heads\":2,\"layers\":2,\"vocabulary\":40,\"width\":8}"#
        #expect(
            json.hasPrefix(#"{"__metadata__":{"caravan.model":"\#(model)","format":"pt"},"h.0.attn.c_attn.bias":{"#))
        #expect(json.contains(#""wte.weight":{"data_offsets":[0,1280],"dtype":"F32","shape":[40,8]}}"#))
        #expect(bytes.count == 8 + length + 4 * weights.count)
    }

    @Test func `the same weights have the same digest for ever`() throws {
        let writer = try WeightsWriter(path: folder.file("golden"), model: .tiny)
        try writer.append(weights.indices.map { Float($0) / 1024 })
        let digest = try writer.finish().digest
        #expect(digest.description == "8d29ef36719853b5f1ec83900d7ab4f96e64d73a2b6ff597987f3f387c7a95f1")
    }

    @Test(arguments: [
        (#""dtype":"F32","shape":[40,8]"#, #""dtype":"F16","shape":[40,8]"#, "wte.weight is F16"),
        (#""shape":[40,8]"#, #""shape":[8,40]"#, "wte.weight is F32 [8, 40]"),
        (#""data_offsets":[0,1280]"#, #""data_offsets":[4,1280]"#, "at [4, 1280], not F32 [40, 8] at [0, 1280]"),
        (#""data_offsets":[0,1280]"#, #""data_offsets":[0,-280]"#, "at [0, -280]"),
        (#""wte.weight""#, #""wtf.weight""#, "wte.weight is missing"),
        (#""format":"pt""#, #""format":"tf""#, "its metadata differ"),
        (#"\"heads\":2"#, #"\"heads\":3"#, "not divisible by 3 heads"),
        (#"\"layers\":2"#, #"\"layers\":1"#, "is F32"),
        (#"\"layers\":2"#, #"\"layers\":3"#, "is missing"),
        (#"\"width\":8"#, #"\"width\":9223372036854775807"#, "is not between"),
        (#"{"__metadata__""#, #" {"__metadata__""#, "not in canonical form"),
    ])
    func `a header that does not fit is refused with the reason`(
        original: String, forged: String, reason: String
    ) throws {
        let error = #expect(throws: MalformedCheckpoint.self) {
            try WeightsFile(rewritingHeader { $0.replacing(original, with: forged, maxReplacements: 1) })
        }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func `an additional tensor is refused`() throws {
        #expect(throws: MalformedCheckpoint("tensor zzz is not one of the model's")) {
            try WeightsFile(
                rewritingHeader { header in
                    String(header.dropLast()) + #","zzz":{"data_offsets":[0,0],"dtype":"F32","shape":[0]}}"#
                })
        }
    }

    @Test func `a header longer than the file or than allowed is refused`() {
        for length: UInt8 in [0xFF, 0x7F] {
            var forged = bytes
            forged.replaceSubrange(0..<8, with: Array(repeating: length, count: 8))
            #expect(throws: MalformedCheckpoint.self) { try WeightsFile(forged) }
        }
        #expect(throws: MalformedCheckpoint.self) { try WeightsFile([UInt8](repeating: 0, count: 8)) }
    }

    @Test func `a file with a byte too few or too many is refused`() {
        for end in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: MalformedCheckpoint.self) { try WeightsFile(Array(bytes[..<end])) }
        }
        #expect(throws: MalformedCheckpoint.self) { try WeightsFile(bytes + [0]) }
    }

    @Test func `damage is refused or leaves a readable file of the same shape`() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<1000 {
            // Throws nothing but `MalformedCheckpoint`, which the compiler knows.
            guard let file = try? WeightsFile(bytes.mutated(using: &random)) else { continue }
            #expect(file.model == .tiny)
            #expect((try? file.all())?.count == weights.count)
        }
    }

    /// The file with another header text, padded anew.
    private func rewritingHeader(_ change: (String) -> String) -> [UInt8] {
        let length = Int(bytes[0]) + Int(bytes[1]) << 8
        var header = change(String(decoding: bytes[8..<8 + length], as: UTF8.self).trimmingSuffix { $0 == " " })
        while !header.utf8.count.isMultiple(of: 8) { header += " " }
        return [UInt8(header.utf8.count & 255), UInt8(header.utf8.count >> 8), 0, 0, 0, 0, 0, 0] + Array(header.utf8)
            + bytes[(8 + length)...]
    }
}

extension String {
    fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> String {
        var text = self
        while let last = text.last, predicate(last) { text.removeLast() }
        return text
    }
}
