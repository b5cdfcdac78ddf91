import Aggregation
import Checkpoints
import LanguageModel
import Verification
import WorkUnits

/// What a judge says of an update, and keeps of it for its merge. It depends on the update, its unit and its trace alone.
struct JudgedUpdate: Sendable {
    /// Digest of the unit that the update was judged as an answer to, and the trace that came along.
    private let unit: Digest
    private let trace: TrainingTrace
    let judgement: Judgement
    /// Nil of one that is refused.
    let prepared: PreparedUpdate?

    init(
        _ archive: [UInt8], answering unit: WorkUnit, named digest: Digest, base: WeightsFile, trace: TrainingTrace
    ) throws {
        self.unit = digest
        self.trace = trace
        var preparation = UpdatePreparation(in: base.layout, codec: unit.updateCodec)
        judgement = try UpdateJudge(unit: unit, unitDigest: digest).judge(archive, base: base, trace: trace) {
            preparation.add($0.payload, $0.differences, at: $0.first)
        }
        prepared = judgement.verdict == .accepted ? preparation.finish() : nil
    }

    /// The judgement of the same answer to this unit; nil for another one.
    func judgement(of unit: Digest, _ trace: TrainingTrace) -> Judgement? {
        unit == self.unit && trace == self.trace ? judgement : nil
    }
}
