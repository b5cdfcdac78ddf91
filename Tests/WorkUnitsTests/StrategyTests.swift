import TestSupport
import Testing
import WorkUnits

@Suite struct StrategyTests {
    @Test func `plain averaging is written as it always was`() throws {
        let bytes = Array(#"{"kind":"fedAvg","serverLearningRate":1}"#.utf8)
        #expect(try CanonicalJSON.encode(Strategy(kind: .fedAvg)) == bytes)
        #expect(try CanonicalJSON.decode(Strategy.self, from: bytes) == Strategy(kind: .fedAvg, serverLearningRate: 1))
    }

    @Test(arguments: Strategy.Kind.allCases)
    func `a strategy is read as it was written, with what its kind uses`(kind: Strategy.Kind) throws {
        let strategy = Strategy(
            kind: kind, serverLearningRate: 0.25, momentum: 0.5, beta1: 0.75, beta2: 0.875, epsilon: 0.125,
            robustness: Robustness(rule: .median, hostile: 0.25, clip: .medianNorm), averaging: 0.5,
            stepCodec: .int8)
        let bytes = try CanonicalJSON.encode(strategy)
        #expect(try CanonicalJSON.decode(Strategy.self, from: bytes) == strategy)
        let text = String(decoding: bytes, as: UTF8.self)
        for parameter in Strategy.Kind.Parameter.allCases {
            #expect(text.contains("\"\(parameter.rawValue)\"") == kind.parameters.contains(parameter))
        }
        #expect(text.contains("robustness") && text.contains("averaging") && text.contains(#""stepCodec":"int8""#))
    }

    @Test(arguments: [
        #"{"kind":"fedAvgM","serverLearningRate":1}"#,
        #"{"kind":"fedAvg","momentum":0.5,"serverLearningRate":1}"#,
        #"{"averaging":0,"kind":"fedAvg","serverLearningRate":1}"#,
        #"{"kind":"fedAvg","robustness":{"clip":"none","hostile":0,"rule":"mean"},"serverLearningRate":1}"#,
        #"{"kind":"fedAvg","robustness":{"rule":"median"},"serverLearningRate":1}"#,
        #"{"kind":"FedAvg","serverLearningRate":1}"#,
    ])
    func `another spelling of a strategy is refused`(text: String) {
        #expect(throws: MalformedDocument.self) { try CanonicalJSON.decode(Strategy.self, from: Array(text.utf8)) }
    }

    @Test func `a manifest without an outer state has the bytes that it always had`() throws {
        func manifest(_ state: OuterState?) throws -> String {
            let reference = CheckpointReference(version: 1, weights: .zero, bytes: 1)
            let manifest = CheckpointManifest(
                project: SigningKey.example(1).verifyingKey, version: 1, height: 1, weights: reference, state: state,
                previous: nil, model: .tiny, strategy: Strategy(kind: .fedAvg), tokenizer: .zero, dataset: .zero,
                contributions: [], metrics: Metrics(loss: 1, bitsPerByte: 1, tokenAccuracy: 0, tokens: 1, bytes: 1))
            let bytes = try CanonicalJSON.encode(manifest)
            #expect(try CanonicalJSON.decode(CheckpointManifest.self, from: bytes) == manifest)
            return String(decoding: bytes, as: UTF8.self)
        }
        #expect(try !manifest(nil).contains("state"))
        var state = OuterState()
        state[.average] = BlobReference(digest: .zero, bytes: 7)
        #expect(
            try manifest(state).contains(#""state":{"average":{"bytes":7,"digest":"\#(Digest.zero)"}},"strategy""#))
        #expect(state.parts == [.average] && state.blobs.map(\.bytes) == [7])
    }

    @Test func `each part of a state has a place of its own`() {
        for part in OuterState.Part.allCases {
            var state = OuterState()
            state[part] = BlobReference(digest: .zero, bytes: 1)
            #expect(state.parts == [part])
        }
    }
}
