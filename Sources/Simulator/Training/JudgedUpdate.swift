import Aggregation
import Checkpoints
import LanguageModel
import Verification
import WorkUnits

/// What a judge says of an update, and keeps of it for its merge. It depends on the update, its unit and its trace alone.
struct JudgedUpdate: Sendable {
    /// Digest of the unit that the update was judged as an answer to.
    let unit: Digest
    let judgement: Judgement
    /// Nil of one that is refused.
    let prepared: PreparedUpdate?

    init(
        _ archive: [UInt8], answering unit: WorkUnit, named digest: Digest, base: WeightsFile, trace: TrainingTrace
    ) throws {
        self.unit = digest
        let layout = ParameterLayout(unit.model)
        var norms = TensorNorms(in: layout)
        var whole: UpdatePayload?
        judgement = try UpdateJudge(unit: unit, unitDigest: digest).judge(archive, base: base, trace: trace) { chunk in
            norms.add(chunk.differences, at: chunk.first)
            if chunk.differences.count == layout.count {
                whole = try? UpdatePayload(chunk.payload, codec: unit.updateCodec, count: layout.count)
            }
        }
        prepared = judgement.verdict == .accepted ? PreparedUpdate(squaredNorms: norms.squared, whole: whole) : nil
    }
}
