import ArgumentParser
import Foundation
import Volunteer
import WorkUnits

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fetches work, computes it, and sends the results, until stopped.")

    @OptionGroup var folder: FolderOption

    @Option(help: "Processor threads to train with. Default: one for each processor.")
    var threads: Int?

    @Option(help: "Megabytes of memory that the worker may take. Default: all that the machine has.")
    var memory: Int?

    @Option(help: "How nice the worker is to other programs, 0 to 19.")
    var nice = 10

    @Option(help: "Seconds between two saves of the training's state.")
    var saveEvery = 30.0

    @Option(help: "The program that trains. Default: caravan-worker beside this one.")
    var worker: String?

    @Flag(help: "Stop after one unit.")
    var once = false

    @Flag(help: "Stop when the project has reached its last version. Without it, the client asks again now and then.")
    var exitWhenFinished = false

    @Flag(help: "Save and stop when the standard input ends, as it does when whoever started the client is gone.")
    var untilEndOfInput = false

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must be 1 to 1024.") }
        if let memory, !(1...1_000_000_000).contains(memory) {
            throw ValidationError("--memory must be at least 1.")
        }
        guard (0...19).contains(nice) else { throw ValidationError("--nice must be 0 to 19.") }
        guard (0.1...86_400).contains(saveEvery) else { throw ValidationError("--save-every must be 0.1 to 86400.") }
    }

    func run() async throws {
        let console = Console()
        let process = try WorkerProcess(
            executable: worker, threads: threads, megabytes: memory, saveEvery: Seconds(saveEvery), nice: nice)
        let agent = try VolunteerAgent(folder: folder.value, worker: process, report: console.show)
        let goal: VolunteerAgent.Goal = once ? .oneUnit : exitWhenFinished ? .finishedRun : .forever
        let work = Task { try await agent.run(until: goal) }
        let signals = StopSignals {
            console.line("stopping: what is in work is saved (once more to stop at once)")
            work.cancel()
        }
        defer { signals.end() }
        if untilEndOfInput { EndOfInput.terminates() }
        defer { console.end() }
        try await work.value
    }
}
