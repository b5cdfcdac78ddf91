import Testing
import Training
import WorkUnits

struct ValidationHistoryTests {
    private func history(_ losses: [Double]) -> ValidationHistory {
        var history = ValidationHistory()
        for (index, loss) in losses.enumerated() { history.append(step: 10 * (index + 1), loss: loss) }
        return history
    }

    @Test(
        arguments: [
            ([5, 4, 3], 30, 0), ([5, 3, 4], 20, 1), ([3, 4, 5, 6], 10, 3), ([4, 3, 3, 3], 20, 2), ([1], 10, 0),
            ([.nan, 4, .infinity, .nan], 20, 2),
        ] as [([Double], Int, Int)])
    func `the best is the lowest, the first of equals`(losses: [Double], best: Int, since: Int) {
        let history = history(losses)
        #expect(history.best?.step == best)
        #expect(history.evaluationsSinceBest == since)
    }

    @Test func `an evaluation tells whether it improved`() {
        var history = ValidationHistory()
        #expect(history.best == nil && history.evaluationsSinceBest == 0)
        let isFirstBest = history.append(step: 1, loss: .nan)
        #expect(!isFirstBest && history.best == nil && history.evaluationsSinceBest == 1)
        let improved = [5, 5, 4.9, .infinity].enumerated().map { history.append(step: $0 + 2, loss: $1) }
        #expect(improved == [true, false, true, false])
    }

    @Test func `it survives being written and read`() throws {
        let history = history([5, 4.25, .nan, 4.5])
        #expect(try CanonicalJSON.decode(ValidationHistory.self, from: CanonicalJSON.encode(history)) == history)
    }
}
