import Kernels
import Synchronization
import Testing

struct ThreadTeamTests {
    @Test(arguments: [1, 2, 3, 7])
    func `every slice runs once, on a worker of the team`(threads: Int) {
        let team = ThreadTeam(threads: threads)
        let calls = (0..<100).map { _ in Counter() }
        let strangers = Counter()
        for round in 1...200 {
            team.run(slices: calls.count) { slice, worker in
                calls[slice].increase()
                if !(0..<team.threads).contains(worker) { strangers.increase() }
            }
            #expect(calls.allSatisfy { $0.value == round })
        }
        #expect(strangers.value == 0)
    }

    @Test func `run returns only when the last slice has ended`() {
        let team = ThreadTeam(threads: 3)
        for slices in 0..<300 {
            let ended = Counter()
            team.run(slices: slices) { slice, _ in
                var waste = Double(slice)
                for _ in 0..<slice * 10 { waste = (waste + 1).squareRoot() }
                if waste >= 0 { ended.increase() }
            }
            #expect(ended.value == slices)
        }
    }

    @Test func `one worker's memory is not shared while a slice lasts`() {
        let team = ThreadTeam(threads: 4)
        let busy = (0..<4).map { _ in Counter() }
        let clashes = Counter()
        team.run(slices: 5000) { _, worker in
            if busy[worker].increase() != 1 { clashes.increase() }
            busy[worker].decrease()
        }
        #expect(clashes.value == 0)
    }

    @Test func `teams come and go`() {
        let sum = Counter()
        for _ in 0..<50 {
            ThreadTeam(threads: 3).run(slices: 4) { _, _ in sum.increase() }
        }
        #expect(sum.value == 200)
    }
}

private final class Counter: Sendable {
    private let count = Atomic(0)

    var value: Int { count.load(ordering: .sequentiallyConsistent) }

    @discardableResult
    func increase() -> Int { count.add(1, ordering: .sequentiallyConsistent).newValue }

    func decrease() { count.subtract(1, ordering: .sequentiallyConsistent) }
}
