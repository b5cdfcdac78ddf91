import Kernels
import TestSupport
import Testing

@Suite struct FloatBufferTests {
    @Test func `some floats lend their bytes, and no others`() {
        let buffer = FloatBuffer([1, 2, 3, 4])
        buffer.withBytes(of: 1..<3) { bytes in
            #expect(bytes.count == 8)
            #expect(Array(bytes) == [0, 0, 0, 0x40, 0, 0, 0x40, 0x40])
            bytes.copyBytes(from: [0, 0, 0x80, 0x3F, 0, 0, 0x80, 0xBF])
        }
        #expect(buffer.values(0..<4) == [1, 1, -1, 4])
        buffer.withBytes(of: 2..<2) { #expect($0.isEmpty) }
    }

    @Test func `a number that is not finite is found wherever it is`() {
        var random = SplitMix64(seed: 1)
        let numbers = random.floats(1001, scale: .greatestFiniteMagnitude)
        let buffer = FloatBuffer(numbers)
        #expect(buffer.isFinite(0..<1001))
        #expect(buffer.isFinite(7..<7))
        for wrong in [Float.nan, -.nan, .infinity, -.infinity, .signalingNaN] {
            for place in [0, 1, 500, 999, 1000] {
                buffer.assign([wrong], at: place)
                #expect(!buffer.isFinite(0..<1001))
                #expect(buffer.isFinite(0..<place) && buffer.isFinite(place + 1..<1001))
                buffer.assign([numbers[place]], at: place)
            }
        }
        buffer.assign([-.greatestFiniteMagnitude, .leastNonzeroMagnitude, -0], at: 3)
        #expect(buffer.isFinite(0..<1001))
    }
}
