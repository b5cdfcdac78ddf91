import Coordination
import Ledger
import SimulationSupport
import TestSupport
import Testing
import WorkUnits

/// What shows that everybody reads the same ledger.
struct WitnessTests {
    private func word(
        _ coordinator: Coordinator, _ bench: Bench, by key: SigningKey = .example(40), count: Int? = nil,
        root: Digest? = nil
    ) async throws -> Signed<Cosignature> {
        let head = try await coordinator.ledgerHead().unverified()
        let body = Cosignature(
            project: bench.project.key.verifyingKey, witness: key.verifyingKey, count: count ?? head.count,
            root: root ?? head.root, time: bench.now)
        return try Signed(body, by: key, context: Cosignature.signingContext)
    }

    @Test func `entries and beginnings are proven against the signed head`() async throws {
        let bench = try Bench(mergeEvery: 4)
        var coordinator = try await bench.start()
        var roots = [0: MerkleTree.empty]
        for round in 0..<6 {
            // Also after a restart, from what the store has.
            if round == 3 { coordinator = try await bench.start() }
            try await Speaker(1, bench).work(for: coordinator, bench)
            try await coordinator.settle()
            let head = try await coordinator.ledgerHead().unverified()
            roots[head.count] = head.root
            for (count, root) in roots {
                let proof = try await coordinator.consistencyProof(from: count, to: nil)
                #expect(proof.to == head.count)
                #expect(MerkleProof.proves(count, root, beginning: head.count, head.root, by: proof.path))
            }
        }
        let texts = bench.memory.ledgerEntries(from: 0, limit: .max)
        for (size, root) in roots where size > 0 {
            for (index, text) in texts.prefix(size).enumerated() {
                let proof = try await coordinator.inclusionProof(of: index, in: size)
                #expect(proof.digest == Digest(of: text.utf8))
                #expect(MerkleProof.proves(proof.digest, at: index, in: size, root: root, by: proof.path))
            }
        }
    }

    @Test func `what is not in the ledger cannot be proven`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        #expect(try await refusal { _ = try await coordinator.inclusionProof(of: 2, in: nil) } == .notFound)
        #expect(try await refusal { _ = try await coordinator.inclusionProof(of: 1, in: 1) } == .notFound)
        #expect(try await refusal { _ = try await coordinator.inclusionProof(of: 0, in: 3) } == .notFound)
        #expect(try await refusal { _ = try await coordinator.consistencyProof(from: 3, to: nil) } == .notFound)
        #expect(try await refusal { _ = try await coordinator.consistencyProof(from: 1, to: 0) } == .notFound)
        #expect(try await coordinator.consistencyProof(from: 2, to: 2).path == [])
    }

    @Test func `a witness's newest word is published, and only if it is of this ledger`() async throws {
        let bench = try Bench()
        let coordinator = try await bench.start()
        let first = try await word(coordinator, bench)
        try await coordinator.witness(first)
        try await Speaker(1, bench).work(for: coordinator, bench)
        let second = try await word(coordinator, bench)
        for word in [second, first] { try await coordinator.witness(word) }
        #expect(await coordinator.witnesses() == [second])
        let other = try await word(coordinator, bench, root: .zero)
        #expect(try await refusal { try await coordinator.witness(other) } == .conflict)
        let future = try await word(coordinator, bench, count: 1000)
        #expect(try await refusal { try await coordinator.witness(future) } == .conflict)
        var forged = first
        forged.signature = second.signature
        #expect(try await refusal { try await coordinator.witness(forged) } == .unauthorized)
    }

    @Test func `witnesses are bounded in number, but for those that the project names`() async throws {
        let bench = try Bench(witnesses: [ImaginaryProject.key(300).verifyingKey])
        let coordinator = try await bench.start()
        for number in 0..<64 {
            try await coordinator.witness(try await word(coordinator, bench, by: ImaginaryProject.key(100 + number)))
        }
        let late = try await word(coordinator, bench, by: ImaginaryProject.key(200))
        #expect(try await refusal { try await coordinator.witness(late) } == .unavailable)
        try await coordinator.witness(try await word(coordinator, bench, by: ImaginaryProject.key(300)))
        #expect(await coordinator.witnesses().count == 65)
        try await coordinator.witness(try await word(coordinator, bench, by: ImaginaryProject.key(100)))
    }
}
