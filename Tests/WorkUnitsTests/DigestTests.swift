import TestSupport
import Testing
import WorkUnits

@Suite struct DigestTests {
    @Test func `a digest is SHA-256`() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        #expect(Digest(of: "abc".utf8).description == abc)
        #expect(Digest(abc) == Digest(of: "abc".utf8))
        #expect(Digest(of: "abc".utf8).short == "ba7816bf8f01")
        #expect(Digest(of: "abc".utf8).leadingBits == 0xBA78_16BF_8F01_CFEA)
    }

    @Test func `any division into pieces has the same digest`() {
        var random = SplitMix64(seed: 1)
        let bytes = random.bytes(10_000)
        for _ in 0..<20 {
            var hasher = DigestHasher()
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Int.random(in: 0...min(500, rest.count), using: &random)
                hasher.update(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(hasher.finish() == Digest(of: bytes))
        }
        #expect(Digest(of: bytes.lazy.map { $0 }) == Digest(of: bytes))
    }

    @Test(arguments: [
        "", "ba7816", String(repeating: "0", count: 63), String(repeating: "0", count: 66),
        String(repeating: "A", count: 64), String(repeating: "g", count: 64), String(repeating: "é", count: 32),
        " " + String(repeating: "0", count: 63),
    ])
    func `only 64 lowercase hexadecimal digits are a digest`(text: String) {
        #expect(Digest(text) == nil)
        #expect(throws: MalformedDocument.self) {
            try CanonicalJSON.decode([Digest].self, from: CanonicalJSON.encode([text]))
        }
    }

    @Test func `digests are ordered by their bytes`() throws {
        let one = try #require(Digest(bytes: Array(repeating: 0, count: 31) + [1]))
        #expect(Digest.zero < one && one < Digest(of: "abc".utf8) && !(one < one))
        #expect(Digest(bytes: [1, 2, 3]) == nil)
        for place in 0..<32 {
            var bytes = (0..<32).map { _ in UInt8(7) }
            bytes[place] = 8
            bytes.replaceSubrange((place + 1)..., with: repeatElement(0, count: 31 - place))
            let greater = try #require(Digest(bytes: bytes))
            let lesser = try #require(Digest(bytes: Array(repeating: 7, count: 32)))
            #expect(lesser < greater && !(greater < lesser) && greater.bytes == bytes, "byte \(place)")
        }
    }

    @Test func `a digest survives JSON`() throws {
        let digests = [Digest.zero, Digest(of: "abc".utf8)]
        #expect(try CanonicalJSON.decode([Digest].self, from: CanonicalJSON.encode(digests)) == digests)
    }
}
