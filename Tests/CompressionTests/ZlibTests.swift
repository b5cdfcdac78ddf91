import Compression
import Testing
import TestSupport

@Test func `what was deflated inflates to itself, and to no other size`() throws {
    var random = SplitMix64(seed: 1)
    for count in [0, 1, 100, 100_000] {
        let bytes = random.bytes(count).map { $0 & 7 }
        let deflated = Zlib.deflate(bytes)
        #expect(deflated.count <= Zlib.bound(count))
        #expect(Zlib.inflate(deflated, size: count) == bytes)
        #expect(Zlib.inflate(deflated, size: count + 1) == nil)
        if count > 0 { #expect(Zlib.inflate(deflated, size: count - 1) == nil) }
        #expect(Zlib.inflate(deflated + [0], size: count) == nil)
        #expect(Zlib.inflate(deflated.dropLast(), size: count) == nil)
    }
}

@Test func `bytes that are no stream inflate to nothing`() {
    var random = SplitMix64(seed: 2)
    for _ in 0..<500 { #expect(Zlib.inflate(random.bytes(40), size: 100) == nil) }
}
