import Testing
import WorkUnits

@Suite struct TrainingTraceTests {
    @Test(arguments: [(1, 1), (7, 7), (8, 8), (9, 5), (64, 8), (65, 8), (100, 8), (512, 8)])
    func `a unit has at most eight digests, the last after its last step`(steps: Int, digests: Int) {
        let due = (1...steps).filter { TrainingTrace.isDue(after: $0, of: steps) }
        #expect(due.count == digests && due.last == steps)
        #expect(TrainingTrace.count(steps: steps) == digests)
        #expect(Set(zip(due, due.dropFirst()).map { $1 - $0 }.dropLast()).count <= 1)
    }

    @Test func `two trainings part in the steps before the first digest that differs`() {
        let digests = (0..<8).map { Digest(of: "\($0)".utf8) }
        let trace = TrainingTrace(digests)
        #expect(trace.firstDifference(from: trace, steps: 60) == nil)
        var other = digests
        other[7] = .zero
        #expect(trace.firstDifference(from: TrainingTrace(other), steps: 60) == 56..<60)
        other[2] = .zero
        #expect(trace.firstDifference(from: TrainingTrace(other), steps: 60) == 16..<24)
        #expect(trace.firstDifference(from: TrainingTrace(Array(digests.prefix(3))), steps: 60) == 24..<32)
        #expect(trace.commitment != TrainingTrace(other).commitment)
    }

    @Test func `a trace of more digests than a unit has is not read`() throws {
        let trace = TrainingTrace((0..<8).map { Digest(of: "\($0)".utf8) })
        let bytes = try CanonicalJSON.encode(trace)
        #expect(try CanonicalJSON.decode(TrainingTrace.self, from: bytes) == trace)
        let longer = try CanonicalJSON.encode(trace.weights + [.zero])
        #expect(throws: MalformedDocument.self) { try CanonicalJSON.decode(TrainingTrace.self, from: longer) }
    }
}
