import Foundation
import Synchronization
import TestSupport
import Testing
import Volunteer
import WorkUnits

/// Worker programs that are shell scripts.
struct WorkerProcessTests {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test func `progress lines are passed on and other lines are not`() async throws {
        let seen = Mutex<[Int]>([])
        let worker = try worker(
            """
            echo '{"loss":1.5,"of":2,"step":1,"tokensPerSecond":10}'
            echo 'hello'
            echo '{"loss":1.25,"of":2,"step":2,"tokensPerSecond":10}'
            """)
        let end = try await worker.train(slot: folder.path) { step in seen.withLock { $0.append(step.step) } }
        #expect(end.exit == .finished)
        #expect(seen.withLock { $0 } == [1, 2])
    }

    @Test func `a worker's last words and code are told`() async throws {
        let end = try await worker("echo first >&2; echo 'no space left' >&2; exit 73").train(slot: folder.path) { _ in
        }
        #expect(end == WorkerEnd(exit: .diskFull, message: "no space left"))
    }

    @Test func `a code that no worker has is no exit`() async throws {
        let end = try await worker("exit 3").train(slot: folder.path) { _ in }
        #expect(end == WorkerEnd(exit: nil, message: "the worker ended with code 3"))
    }

    @Test func `a worker that was killed is told`() async throws {
        let end = try await worker("kill -9 $$").train(slot: folder.path) { _ in }
        #expect(end == WorkerEnd(exit: nil, message: "the worker was killed by signal 9"))
    }

    @Test func `cancelling asks the worker to stop and waits for it`() async throws {
        let (started, signal) = AsyncStream<Void>.makeStream()
        let worker = try worker(
            """
            trap 'echo saved > "$2/saved"; exit 75' TERM
            echo '{"loss":1.5,"of":2,"step":1,"tokensPerSecond":10}'
            while :; do read line || sleep 0.01; done
            """)
        let training = Task { [folder] in
            try await worker.train(slot: folder.path) { _ in signal.yield() }
        }
        for await _ in started { break }
        training.cancel()
        #expect(try await training.value.exit == .stopped)
        #expect(FileManager.default.fileExists(atPath: folder.file("saved")))
    }

    @Test func `cancelling before the start stops the worker as well`() async throws {
        let worker = try worker("while :; do read line || exit 75; done")
        let training = Task { [folder] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await worker.train(slot: folder.path) { _ in }
        }
        _ = try await training.value
    }

    @Test func `a program that is not there is told by its path`() {
        #expect {
            try WorkerProcess(
                executable: folder.file("none"), threads: 1, megabytes: nil, saveEvery: Seconds(1), nice: 0)
        } throws: { error in
            "\(error)".contains(folder.file("none")) && "\(error)".contains("--worker")
        }
    }

    /// The program is written by a process of its own: one that this process had open for writing could be held open by
    /// a child that another test starts at that moment, and then cannot be run ("text file busy").
    private func worker(_ script: String) throws -> WorkerProcess {
        let text = try folder.write(Array("#!/bin/sh\n\(script)\n".utf8), to: "script")
        let install = try Process.run(
            URL(filePath: "/usr/bin/env"), arguments: ["install", "-m", "755", text, folder.file("worker")])
        install.waitUntilExit()
        return try WorkerProcess(
            executable: folder.file("worker"), threads: 1, megabytes: nil, saveEvery: Seconds(1), nice: 0)
    }
}
