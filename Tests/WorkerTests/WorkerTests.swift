import Foundation
import LanguageModel
import TestSupport
import Testing
import Training
import WorkUnits
import Worker

/// A unit in, an update out, whatever happens in between.
struct WorkerTests {
    @Test(arguments: [UpdateCodec.float32, .bfloat16])
    func `the update is what the trainer computes`(codec: UpdateCodec) throws {
        let slot = try ExampleSlot(codec: codec)
        #expect(try slot.work() == .finished)
        let trainer = try Trainer(
            model: slot.unit.model, settings: slot.unit.training, weights: slot.weights, tokens: slot.tokens, threads: 1
        )
        while !trainer.isFinished { try trainer.takeStep() }
        let manifest = UpdateManifest(
            unit: Digest(of: try slot.folder.read("unit.caravan")), base: slot.unit.base.weights,
            parameterCount: slot.weights.count, codec: codec, tokens: slot.unit.training.tokens, losses: trainer.losses,
            trace: trainer.trace.commitment)
        let difference = zip(trainer.weights(), slot.weights).map { $0 - $1 }
        #expect(difference.contains { $0 != 0 })
        #expect(try slot.update() == UpdateArchive.encode(manifest, difference: difference))
        #expect(try slot.progressSteps() == Array(1...ExampleSlot.steps))
        #expect(!slot.has("state"))
    }

    @Test func `training that is stopped at any step continues to the same bytes`() throws {
        let whole = try ExampleSlot()
        try whole.work()
        for stop in 0..<ExampleSlot.steps {
            let slot = try ExampleSlot()
            #expect(try slot.work(stoppingAt: stop) == .stopped)
            #expect(try slot.progressSteps() == Array(1..<stop + 1))
            #expect(try SlotWorker(slot: slot.folder.path, threads: 1).step == stop)
            #expect(try slot.work() == .finished)
            #expect(try slot.update() == whole.update(), "stopped at \(stop)")
            #expect(try slot.progressSteps() == Array(1...ExampleSlot.steps))
        }
    }

    @Test func `training that died after a save continues from it to the same bytes`() throws {
        let whole = try ExampleSlot()
        try whole.work()
        for save in 1..<ExampleSlot.steps - 1 {
            let slot = try ExampleSlot()
            try slot.work(stoppingAt: save)
            let state = try slot.folder.read("state")
            try slot.work(stoppingAt: save + 1)
            // As if it had died at once after its later steps: the log knows them, the state does not.
            try slot.folder.write(state, to: "state")
            #expect(try SlotWorker(slot: slot.folder.path, threads: 1).step == save)
            try slot.work()
            #expect(try slot.update() == whole.update(), "saved at \(save)")
            #expect(try slot.progressSteps() == Array(1...ExampleSlot.steps))
        }
    }

    @Test func `the state is saved as often as asked`() throws {
        let slot = try ExampleSlot()
        let worker = try SlotWorker(slot: slot.folder.path, threads: 1)
        var saves: [Int] = []
        var last: [UInt8] = []
        // The clock moves when a step is reported, which is after it was looked at.
        var step = 0
        _ = try worker.run(
            saveEvery: Seconds(2), elapsed: { Seconds(Double(step)) },
            shouldStop: {
                let state = (try? slot.folder.read("state")) ?? []
                if state != last { saves.append(step) }
                last = state
                return false
            }, report: { step = $0.step })
        #expect(saves == [3, 6, 9])
    }

    @Test(arguments: 1...20)
    func `a damaged state is not used`(seed: UInt64) throws {
        let slot = try ExampleSlot()
        try slot.work(stoppingAt: 6)
        var random = SplitMix64(seed: seed)
        let state = try slot.folder.read("state")
        let damaged = seed % 4 == 0 ? Array(state.dropLast(Int(seed))) : state.mutated(using: &random)
        try slot.folder.write(damaged, to: "state")
        let worker = try SlotWorker(slot: slot.folder.path, threads: 1)
        #expect(worker.step == (damaged == state ? 6 : 0), "seed \(seed)")
    }

    @Test func `a state of the same tokens on another base is not used`() throws {
        let slot = try ExampleSlot()
        try slot.work(stoppingAt: 6)
        let other = slot.weights.map { $0 * 2 }
        let base = try ExampleSlot.writeBase(.tiny, other, to: slot.folder.file("base.safetensors"))
        try slot.change { $0.base = base }
        #expect(try SlotWorker(slot: slot.folder.path, threads: 1).step == 0)
    }

    @Test func `the number of threads changes no bit`() throws {
        let one = try ExampleSlot()
        try one.work(threads: 1)
        let three = try ExampleSlot()
        try three.work(threads: 3)
        #expect(try one.update() == three.update())
    }

    @Test func `a unit that is done is not trained again`() throws {
        let slot = try ExampleSlot()
        try slot.work()
        let worker = try SlotWorker(slot: slot.folder.path, threads: 1)
        let outcome = try worker.run(
            saveEvery: Seconds(1), elapsed: { Seconds(0) }, shouldStop: { false },
            report: { _ in Issue.record("it was trained") })
        #expect(outcome == .finished)
    }

    @Test func `an update of another unit is replaced`() throws {
        let slot = try ExampleSlot()
        try slot.work()
        let first = try slot.update()
        try slot.change { $0.training.seed = 99 }
        try slot.work()
        #expect(try slot.update() != first)
    }
}
