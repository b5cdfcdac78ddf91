import Foundation
import Pages
import Recipes
import Simulator
import WorkUnits

/// Simulations one after the other, shown while they run, and written down after each version.
final class SimulationSession {
    private let simulation: Simulation
    private let title: String
    private let folder: String?
    private let clock = ContinuousClock()
    private var courses: [Course] = []
    private var writtenAt: ContinuousClock.Instant?

    init(simulation: Simulation, title: String, folder: String?) {
        self.simulation = simulation
        self.title = title
        self.folder = folder
    }

    func run(_ scenarios: [Scenario]) throws {
        if let folder { try Files.createFolder(folder) }
        for (index, scenario) in scenarios.enumerated() where !StopSignal.isStopping {
            let start = clock.now
            let isAlone = scenarios.count == 1
            if isAlone { Terminal.print(CourseTable.versionHeading) }
            let course = try simulation.run(scenario, shouldStop: { StopSignal.isStopping }) { course in
                guard let record = course.records.last else { return }
                if isAlone { Terminal.print(CourseTable.row(record)) }
                Terminal.show(progress: progress(record, of: scenario, index, scenarios.count))
                if writtenAt.map({ clock.now - $0 > .seconds(10) }) ?? true { try write(courses + [course]) }
            }
            courses.append(course)
            try write(courses)
            let seconds = (clock.now - start) / .seconds(1)
            Terminal.print(summary(course, seconds: seconds, isAlone: isAlone))
            if case .failed(let reason) = course.ending {
                guard !isAlone else { throw CommandFailure(reason) }
                Terminal.print("  " + reason)
            }
            if let trust = course.trust {
                let isTable = scenario.settings.cheating.share > 0
                for line in isTable ? [""] + trust.table + ["", trust.summary, ""] : [trust.summary] {
                    Terminal.print(line)
                }
            }
        }
        if scenarios.count > 1 {
            Terminal.print()
            for line in CourseTable.lines(courses) { Terminal.print(line) }
        }
        if StopSignal.isStopping { Terminal.print("stopped; what was simulated so far is above") }
        if let folder { Terminal.print("\(folder) holds simulation.jsonl, report.html and the pictures") }
    }

    private func summary(_ course: Course, seconds: Double, isAlone: Bool) -> String {
        let time = Figures.decimal(seconds, 1)
        let checks = course.checks > 0 ? ", \(course.events) events, \(course.checks) checks of every invariant" : ""
        let loss = course.loss.map { "validation loss \(Figures.decimal($0, 4)), " } ?? ""
        let name = isAlone ? "" : "\(course.name): "
        let version = course.records.last?.version ?? 0
        return "\(name)\(loss)version \(version) in \(time) s\(checks)"
    }

    private func progress(_ record: VersionRecord, of scenario: Scenario, _ index: Int, _ count: Int) -> String {
        let versions = scenario.recipe.federation.versions
        let filled = 24 * record.version / versions
        let bar = String(repeating: "█", count: filled) + String(repeating: "·", count: 24 - filled)
        let loss = record.measured.map { "  loss \(Figures.decimal($0.loss, 4))" } ?? ""
        return "\(index + 1)/\(count)  \(scenario.name)  \(bar) \(record.version)/\(versions)\(loss)"
    }

    private func write(_ courses: [Course]) throws {
        guard let folder else { return }
        writtenAt = clock.now
        let report = CourseReport(title: title, courses: courses)
        try Files.write(report.jsonLines(), to: folder + "/simulation.jsonl")
        for picture in CourseReport.Picture.allCases {
            try Files.write(Array(report.svg(picture).utf8), to: "\(folder)/\(picture.rawValue).svg")
        }
        try Files.write(Array(report.html.utf8), to: folder + "/report.html")
    }
}
