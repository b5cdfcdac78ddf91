import Testing
import WorkUnits

@Suite struct TimestampTests {
    @Test func `a time is a whole number of milliseconds`() throws {
        let time = Timestamp(milliseconds: 1_700_000_000_123)
        #expect(try CanonicalJSON.encode([time]) == Array("[1700000000123]".utf8))
        #expect(try CanonicalJSON.decode([Timestamp].self, from: Array("[1700000000123]".utf8)) == [time])
        #expect(throws: MalformedDocument.self) {
            try CanonicalJSON.decode([Timestamp].self, from: Array("[0.5]".utf8))
        }
        #expect(throws: MalformedDocument.self) {
            try CanonicalJSON.decode([Timestamp].self, from: Array("[1.0]".utf8))
        }
    }

    @Test(arguments: [(1.5, 2_500), (0, 1_000), (-1, 0), (0.0004, 1_000), (0.0006, 1_001)])
    func `seconds are added to the millisecond`(seconds: Double, expected: Int64) {
        #expect((Timestamp(milliseconds: 1_000) + Seconds(seconds)).milliseconds == expected)
    }

    @Test func `a time beyond the last one is the last one`() {
        #expect(Timestamp(milliseconds: .max - 1) + Seconds(1) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: .min + 1) + Seconds(-1) == Timestamp(milliseconds: .min))
        #expect(Timestamp(milliseconds: 0) + Seconds(.infinity) == Timestamp(milliseconds: .max))
        #expect(Timestamp(milliseconds: 5) + Seconds(.nan) == Timestamp(milliseconds: 5))
        #expect(Seconds(1e300).milliseconds == 9_000_000_000_000_000_000)
        #expect(Seconds(-1e300).milliseconds == -9_000_000_000_000_000_000)
    }

    @Test func `times are ordered`() {
        #expect(Timestamp(milliseconds: 1) < Timestamp(milliseconds: 2))
        #expect(!(Timestamp(milliseconds: 2) < Timestamp(milliseconds: 2)))
    }
}
