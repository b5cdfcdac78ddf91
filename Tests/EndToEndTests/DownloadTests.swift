import Foundation
import TestSupport
import Testing
import Transport
import WorkUnits

/// `caravan download` from a real server that keeps few versions whole.
struct DownloadTests {
    @Test func `any version is downloaded to the same bytes, by steps where that is less`() async throws {
        try await TemporaryFolder.with { folder in
            let project = try TestProject(in: folder.appending(path: "project"), versions: 5)
            defer { project.stop() }
            try await project.finish()
            let kept = [0, 2, 4, 5]
            #expect(try await project.wholeVersions(expected: kept) == kept)
            let versions = try await CoordinatorClient(url: project.url).checkpoints()

            /// Downloads a version, and returns what the command says.
            func download(_ version: Int, into name: String) throws -> String {
                let model = folder.appending(path: name)
                let outcome = try Programs.run(
                    "caravan", ["download", project.url, "--version", "\(version)", "--folder", model.path])
                #expect(outcome.status == 0, "\(outcome.output)")
                let weights = try FileDigest.read(model.appending(path: "weights.safetensors").path)
                #expect(weights.digest == versions[version].weights, "\(outcome.output)")
                let files = try FileManager.default.contentsOfDirectory(atPath: model.path).sorted()
                #expect(files == ["manifest.json", "tokenizer.json", "weights.safetensors"])
                return outcome.output
            }
            #expect(try download(3, into: "new").contains("fetched: the weights of version 2 and 1 step, "))
            #expect(try download(5, into: "new").contains("fetched: 2 steps, "))
            #expect(try download(5, into: "new").contains("fetched: nothing"))
            #expect(try download(1, into: "new").contains("fetched: the weights of version 0 and 1 step, "))
            #expect(try !download(4, into: "other").contains("step"))
            // What is not what its manifest says is no beginning.
            let weights = folder.appending(path: "other/weights.safetensors")
            var damaged = try Data(contentsOf: weights)
            damaged[damaged.count / 2] ^= 1
            try damaged.write(to: weights)
            #expect(try !download(5, into: "other").contains("step"))
        }
    }
}
