import Aggregation
import Federation
import Recipes
import Training
import WorkUnits

/// Runs scenarios on one text, one after the other.
public struct Simulation {
    /// Nil: nothing is trained, the rules alone are simulated.
    public var text: TextParts?
    /// That compute; does not change a bit of what comes out.
    public var threads: Int
    /// Where a version's files are while it is made.
    public var folder: String

    public init(text: TextParts?, threads: Int, folder: String) {
        self.text = text
        self.threads = threads
        self.folder = folder
    }

    /// - Parameters:
    ///   - shouldStop: asked often.
    ///   - report: called with the course so far after every version.
    /// - Returns: the course, up to where the scenario could not go on, if that was so.
    public func run(
        _ scenario: Scenario, shouldStop: () -> Bool = { false }, report: (Course) throws -> Void = { _ in }
    ) throws -> Course {
        try scenario.validate()
        return try withoutActuallyEscaping(report) { report in
            var course = Course(name: scenario.name)
            // The closure and this function take turns: nothing is written at the same time.
            let records = Records(course) { try report($0) }
            if let batch = scenario.oneMachineBatch {
                guard let text else {
                    throw SimulationFailure("one machine has nothing to do where nothing is trained")
                }
                let machine = OneMachine(
                    recipe: scenario.recipe, text: text, settings: scenario.settings, batch: batch, threads: threads)
                try records.finish { try machine.run(shouldStop: shouldStop, report: records.add) }
            } else {
                try run(scenario, records, shouldStop: shouldStop)
            }
            course = records.course
            return course
        }
    }

    private func run(_ scenario: Scenario, _ records: Records, shouldStop: () -> Bool) throws {
        let work: any SimulatedWork
        let first: MadeVersion
        if let text {
            let trained = try TrainedWork(
                scenario.recipe, text: text, settings: scenario.settings, threads: threads, folder: folder)
            first = try trained.begin()
            work = trained
        } else {
            let imaginary = ImaginaryWork(scenario.recipe)
            first = imaginary.initialVersion
            work = imaginary
        }
        try records.add(VersionRecord(initial: first))
        var run = try SimulatedRun(
            recipe: scenario.recipe, settings: scenario.settings, work: work, base: first.reference,
            report: records.add)
        try records.finish { try run.go(shouldStop: shouldStop) }
        records.course.events = run.tally.events
        records.course.checks = run.tally.checks
        if run.ledger != nil { records.course.trust = TrustReport(run) }
    }

    /// Collects versions as they come.
    private final class Records {
        var course: Course
        private let report: (Course) throws -> Void

        init(_ course: Course, report: @escaping (Course) throws -> Void) {
            self.course = course
            self.report = report
        }

        func add(_ record: VersionRecord) throws {
            course.records.append(record)
            try report(course)
        }

        /// Notes how it ended. That a scenario cannot go on is a result like another.
        ///
        /// - Parameter going: returns false when it was stopped.
        func finish(_ going: () throws -> Bool) throws {
            do {
                course.ending = try going() ? .finished : .stopped
            } catch let error where Self.isOfScenario(error) {
                course.ending = .failed("\(error)")
            }
        }

        /// The run stalled, or its numbers are no longer finite.
        private static func isOfScenario(_ error: any Error) -> Bool {
            switch error {
            case TrainingFailure.nonFiniteLoss, TrainingFailure.nonFiniteGradient, TrainingFailure.nonFiniteWeight,
                AggregationFailure.notFinite, AggregationFailure.updateNotFinite, is UnencodableUpdate, is StalledRun:
                true
            default: false
            }
        }
    }
}

/// How a simulation went, up to its end or to where it was stopped.
public struct Course: Hashable, Sendable {
    public var name: String
    /// From version 0 on.
    public var records: [VersionRecord] = []
    /// As if it were stopped now, until it has ended.
    public var ending: Ending = .stopped
    /// What happened in all: messages, timers, results.
    public var events = 0
    /// Events that changed the run, each followed by a check of every invariant.
    public var checks = 0
    /// What checking did; nil where nothing is audited.
    public var trust: TrustReport?

    public init(name: String) {
        self.name = name
    }

    public enum Ending: Hashable, Sendable {
        case finished
        /// From outside, before its end.
        case stopped
        /// The scenario could not go on, for this reason.
        case failed(String)
    }

    /// Of the last version.
    public var loss: Double? { records.last?.measured?.loss }
}
