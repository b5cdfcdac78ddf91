import Foundation
import LanguageModel
import TestSupport
import Testing
import Training
import WorkUnits
import Worker

/// What a worker reads and leaves where the unit asks for error feedback.
struct FeedbackTests {
    private static let count = ParameterLayout(.tiny).count

    private func slot(codec: UpdateCodec = .topK, after state: [UInt8]? = nil) throws -> ExampleSlot {
        let slot = try ExampleSlot(codec: codec, errorFeedback: true)
        if let state { try slot.folder.write(state, to: "feedback") }
        return slot
    }

    private func state(of slot: ExampleSlot) throws -> ErrorFeedback {
        try ErrorFeedback(slot.nextFeedback(), parameterCount: Self.count)
    }

    private func manifest(of slot: ExampleSlot) throws -> UpdateManifest {
        try UpdateArchive(slot.update(), maximumParameters: Self.count).manifest
    }

    @Test(arguments: [UpdateCodec.topK, .int4])
    func `what was sent and held back is what was learned and held back before`(codec: UpdateCodec) throws {
        let first = try slot(codec: codec)
        try first.work()
        let next = try slot(codec: codec, after: first.nextFeedback())
        try next.work()
        let trainer = try Trainer(
            model: .tiny, settings: next.unit.training, weights: next.weights, tokens: next.tokens, threads: 1)
        while !trainer.isFinished { try trainer.takeStep() }
        let sent = try UpdateArchive(next.update(), maximumParameters: Self.count).values(ofChunk: 0)
        let (before, after) = (try state(of: first), try state(of: next))
        let learned = zip(trainer.weights(), next.weights).map { $0 - $1 }
        let wanted = zip(learned, try before.values(0..<Self.count)).map { $0 + $1 }
        #expect(try after.values(0..<Self.count) == zip(wanted, sent).map { $0 - $1 })
        #expect(try manifest(of: next).feedback == FeedbackDigests(before: before.digest, after: after.digest))
        #expect(sent != (try UpdateArchive(first.update(), maximumParameters: Self.count).values(ofChunk: 0)))
    }

    @Test func `a state beyond what the unit allows is sent bit by bit`() throws {
        let bound = UpdateBound(try slot().unit)
        var huge: [UInt8] = []
        _ = try ErrorFeedback(parameterCount: Self.count).encode(
            .example(parameterCount: Self.count, codec: .topK), difference: { $0.map { $0 % 2 == 0 ? 3 : -3 } },
            limits: { $0.map { _ in 0 } }, keep: { huge += $0 })
        let slot = try slot(after: huge)
        try slot.work()
        let sent = try UpdateArchive(slot.update(), maximumParameters: Self.count).values(ofChunk: 0)
        let largest = bound.largest(from: slot.weights)
        #expect(sent.contains { $0 != 0 } && zip(sent, largest).allSatisfy { $0.magnitude <= $1 })
    }

    @Test func `a worker that died before its update was there does the same again`() throws {
        let first = try slot()
        try first.work()
        let whole = try slot(after: first.nextFeedback())
        try whole.work()
        for hasNextFeedback in [false, true] {
            let slot = try slot(after: first.nextFeedback())
            try slot.work(stoppingAt: 5)
            let state = try slot.folder.read("state")
            try slot.work()
            // As if it had died after, or while, it wrote what it holds back.
            try slot.folder.write(state, to: "state")
            try FileManager.default.removeItem(atPath: slot.folder.file("update.caravan"))
            if !hasNextFeedback { try FileManager.default.removeItem(atPath: slot.folder.file("feedback.next")) }
            try slot.work()
            #expect(try slot.update() == whole.update() && slot.nextFeedback() == whole.nextFeedback())
        }
    }

    @Test func `a unit that is done holds nothing back again`() throws {
        let slot = try slot()
        try slot.work()
        let (update, next) = (try slot.update(), try slot.nextFeedback())
        try slot.folder.write(next, to: "feedback")
        try slot.work()
        #expect(try slot.update() == update && slot.nextFeedback() == next)
    }

    @Test func `a state that is damaged, or of another model, is nothing held back`() throws {
        let whole = try slot()
        try whole.work()
        let state = try whole.nextFeedback()
        for damaged in [[], Array(state.dropLast()), state + [0], [state[0] ^ 1] + state.dropFirst()] {
            let slot = try slot(after: damaged)
            try slot.work()
            #expect(try slot.update() == whole.update())
        }
    }

    @Test func `a unit without error feedback neither reads nor leaves a state`() throws {
        let plain = try ExampleSlot(codec: .int4)
        try plain.work()
        let other = try ExampleSlot(codec: .int4)
        try other.folder.write([1, 2, 3], to: "feedback")
        try other.work()
        #expect(try other.update() == plain.update())
        #expect(!other.has("feedback.next"))
    }
}
