import Foundation
import TestSupport
import Testing
import WorkUnits

/// FORMAT.md names what the code writes.
@Suite struct FormatDocumentTests {
    private let text: String

    init() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        text = try String(contentsOf: root.appending(path: "WorkUnits/FORMAT.md"), encoding: .utf8)
    }

    @Test func `every signing context is specified`() {
        let contexts = [
            ProjectDescription.signingContext, HostRegistration.signingContext, WorkRequest.signingContext,
            Assignment.signingContext, UploadAnnouncement.signingContext, Submission.signingContext,
            LedgerHead.signingContext, CheckpointManifest.signingContext, HostCertificate.signingContext,
            Invitation.signingContext, AdmissionClaim.context, HostRevocation.signingContext,
            KeyReplacement.signingContext, ConfirmedReplacement.confirmationContext, AccountBan.signingContext,
            Cosignature.signingContext,
        ]
        #expect(Set(contexts).count == contexts.count)
        for context in contexts { #expect(text.contains("`\(context)`")) }
    }

    @Test func `every field of a manifest is specified`() throws {
        let shard = try TokenShard.encode(Array(0..<20), vocabulary: 40)
        let unit = WorkUnit.example(shard: shard, tokenCount: 20)
        var update = UpdateManifest.example(parameterCount: 1)
        update.feedback = FeedbackDigests(before: .zero, after: .zero)
        let manifests = [
            try Archive(shard).manifest, try CanonicalJSON.encode(unit), try CanonicalJSON.encode(update),
        ]
        for manifest in manifests {
            let fields = String(decoding: manifest, as: UTF8.self).matches(of: /"(\w+)":/).map(\.output.1)
            #expect(fields.count > 2)
            for field in fields { #expect(text.contains("`\(field)`"), "\(field)") }
        }
    }

    @Test(arguments: UpdateCodec.allCases)
    func `every codec is specified`(codec: UpdateCodec) {
        #expect(text.contains("| `\(codec.rawValue)` |"))
    }

    @Test func `choices are written as specified`() throws {
        let key = SigningKey.example(1)
        let assignment = try Signed(
            Assignment(
                id: 1, project: key.verifyingKey, host: key.verifyingKey, unit: .zero, unitBytes: 1,
                base: CheckpointReference(version: 0, weights: .zero, bytes: 1), deadline: Timestamp(milliseconds: 0),
                maximumUpdateBytes: 1), by: key, context: Assignment.signingContext)
        let signed = String(decoding: try CanonicalJSON.encode(assignment), as: UTF8.self)
        #expect(try json(WorkReply.assigned(assignment)) == #"{"assigned":{"assignment":\#(signed)}}"#)
        #expect(
            try json(WorkReply.wait(seconds: Seconds(1.5), reason: "later"))
                == #"{"wait":{"reason":"later","seconds":1.5}}"#)
        #expect(try json(WorkReply.finished) == #"{"finished":{}}"#)
        #expect(try json(Verdict.rejected(reason: "no")) == #"{"rejected":{"reason":"no"}}"#)
        #expect(try json(Verdict.accepted) == #"{"accepted":{}}"#)
    }

    /// Also reads it back.
    private func json<Value: Codable & Equatable>(_ value: Value) throws -> String {
        let bytes = try CanonicalJSON.encode(value)
        #expect(try CanonicalJSON.decode(Value.self, from: bytes) == value)
        return String(decoding: bytes, as: UTF8.self)
    }
}
