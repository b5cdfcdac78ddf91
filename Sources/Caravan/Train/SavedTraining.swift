import Training
import WorkUnits

/// What a training knows beside the trainer's own state.
struct TrainingCourse: Codable {
    var history = ValidationHistory()
    /// Of the evaluation with the lowest loss.
    var bestMetrics: Metrics?
    /// By the clock, over all continuations.
    var seconds = 0.0
}

/// The file `state`: all that is needed to continue, replaced as a whole, so that its parts always belong together.
///
/// | bytes | content |
/// |---|---|
/// | 8 | "CARAVAN" and the format, 2 |
/// | 8 | bytes of the course, n, little-endian |
/// | n | `TrainingCourse` as canonical JSON |
/// | 32 | digest of all that precedes |
/// | rest | the trainer's state, which has a digest of its own |
struct SavedTraining {
    var course: TrainingCourse
    var trainer: [UInt8]

    private static let mark: [UInt8] = Array("CARAVAN".utf8) + [2]

    init(course: TrainingCourse, trainer: [UInt8]) {
        self.course = course
        self.trainer = trainer
    }

    /// - Parameter path: names the file in refusals.
    init(_ bytes: [UInt8], path: String) throws {
        func refuse(_ reason: String) -> CommandFailure {
            CommandFailure("\(path): \(reason); remove it to begin again, or train into another folder")
        }
        guard bytes.count >= 48, bytes.starts(with: Self.mark) else {
            throw refuse("not a training's state of this version")
        }
        let count = bytes[8..<16].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard count <= UInt64(bytes.count - 48) else { throw refuse("it ends too early") }
        let end = 16 + Int(count)
        guard Digest(of: bytes[..<end]).bytes == Array(bytes[end..<end + 32]) else { throw refuse("it is damaged") }
        course = try CanonicalJSON.decode(TrainingCourse.self, from: Array(bytes[16..<end]), limit: 1 << 26)
        trainer = Array(bytes[(end + 32)...])
    }

    func encoded() throws -> [UInt8] {
        let document = try CanonicalJSON.encode(course)
        var bytes = Self.mark
        for place in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: document.count >> (8 * place))) }
        bytes += document
        bytes += Digest(of: bytes).bytes
        bytes.reserveCapacity(bytes.count + trainer.count)
        return bytes + trainer
    }
}
