import Foundation
import WorkUnits

/// `progress.jsonl`: one line of canonical JSON for each step, in order, each step once.
final class ProgressLog {
    private var file: DurableFile

    /// Takes over the lines of steps up to `count`; later ones will be trained again.
    init(path: String, keepingSteps count: Int) throws(WorkerFailure) {
        let old = FileManager.default.contents(atPath: path) ?? Data()
        let lines = old.split(separator: UInt8(ascii: "\n")).filter { line in
            guard let progress = try? JSONDecoder().decode(TrainingProgress.self, from: line) else { return false }
            return progress.step <= count
        }
        do {
            try DurableFile.write(Array(lines.map { $0 + [UInt8(ascii: "\n")] }.joined()), to: path)
            file = try DurableFile(path: path)
        } catch {
            throw WorkerFailure(error)
        }
    }

    func append(_ progress: TrainingProgress) throws(WorkerFailure) {
        do {
            try file.append(progress.line)
        } catch {
            throw WorkerFailure(error)
        }
    }
}

extension TrainingProgress {
    /// With the line's end.
    public var line: [UInt8] {
        guard let json = try? CanonicalJSON.encode(self) else { preconditionFailure("a step's numbers are finite") }
        return json + [UInt8(ascii: "\n")]
    }
}
