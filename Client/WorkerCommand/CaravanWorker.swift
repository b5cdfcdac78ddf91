import ArgumentParser
import Foundation
import WorkUnits
import Worker

@main
struct CaravanWorker: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "caravan-worker",
        abstract: "Trains one work unit. Needs no network.",
        discussion: """
            The slot folder holds unit.caravan and base.safetensors; the result is update.caravan. Every step is a line of \
            progress.jsonl and of the standard output. SIGTERM and SIGINT save the state and stop; started again, the worker \
            continues, also after kill -9, and the result is the same to the last bit.

            CARAVAN_INSTRUCTIONS=baseline, avx2 or avx512 forces the worker's own vector instructions, to compare: a unit of \
            canonical numerics has the same result with each.

            It ends with one of these codes:
               0  the update is there
              64  the command line cannot be understood, or this processor lacks the instructions that are forced
              65  the unit is malformed, or does not fit its base
              66  base.safetensors is missing or not the unit's
              70  the numbers became infinite: this unit cannot be trained
              71  the unit needs more memory than allowed
              73  the disk is full
              74  a file cannot be read or written
              75  stopped and saved, or another worker is in this slot: start again to continue
            """)

    @Option(help: "The folder of the unit.")
    var slot: String

    @Option(help: "Processor threads to train with. Default: one for each processor.")
    var threads = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Megabytes of memory that it may take. Default: all that the machine has.")
    var memory = Int(ProcessInfo.processInfo.physicalMemory / 1_000_000)

    @Option(help: "Seconds between two saves of the state.")
    var saveEvery = 30.0

    @Option(help: "How nice to be to other programs, 0 to 19.")
    var nice = 0

    @Flag(help: "Save and stop when the standard input ends, as it does when whoever started the worker is gone.")
    var untilEndOfInput = false

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024.") }
        guard (1...1_000_000_000).contains(memory) else { throw ValidationError("--memory must be at least 1.") }
        guard (0...86_400).contains(saveEvery) else { throw ValidationError("--save-every must be 0 to 86400.") }
        guard (0...19).contains(nice) else { throw ValidationError("--nice must be 0 to 19.") }
    }

    func run() throws {
        StopRequest.listen()
        if untilEndOfInput { EndOfInput.terminates() }
        _ = Foundation.nice(Int32(nice))
        let clock = ContinuousClock()
        let start = clock.now
        do {
            let outcome = try SlotWorker(slot: slot, threads: threads, memory: memory * 1_000_000).run(
                saveEvery: Seconds(saveEvery),
                elapsed: { Seconds(start.duration(to: clock.now) / .seconds(1)) },
                shouldStop: { StopRequest.isRaised },
                // Goes on when nobody listens.
                report: { try? FileHandle.standardOutput.write(contentsOf: Data($0.line)) })
            if outcome == .stopped { throw ExitCode(WorkerExit.stopped.rawValue) }
        } catch let failure as WorkerFailure {
            FileHandle.standardError.write(Data("caravan-worker: \(failure)\n".utf8))
            throw ExitCode(failure.exit.rawValue)
        }
    }
}
