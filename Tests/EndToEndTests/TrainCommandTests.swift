import Foundation
import TestSupport
import Testing

/// `caravan train` as a person uses it: stopped, killed, continued, out of time, out of patience.
struct TrainCommandTests {
    /// A folder with a recipe whose tiny model soon learns the training text by heart.
    private struct Workplace {
        let folder: URL

        init(_ folder: URL) throws {
            self.folder = folder
            var random = SplitMix64(seed: 9)
            for (name, count) in [("train.txt", 60), ("held.txt", 40)] {
                let sentences = (0..<count).map { _ in
                    let words = ["camel", "driver", "merchant", "star", "well", "road", "river", "salt", "night"]
                    return (0..<6).map { _ in words[Int.random(in: 0..<words.count, using: &random)] }
                        .joined(separator: " ") + "."
                }
                try sentences.joined(separator: "\n").write(to: file(name), atomically: true, encoding: .utf8)
            }
            try """
            name: train command
            model: {layers: 1, width: 32, heads: 2, context: 16}
            tokenizer: {vocabulary: 280}
            data: {paths: [train.txt, held.txt], validation: {files: [held.txt], tokens: 100000}}
            unit: {steps: 240, batchSize: 8, microBatchSize: 4}
            optimizer: {learningRate: 1.0e-2, warmupSteps: 10}
            federation: {versions: 1, mergeEvery: 1}
            """.write(to: file("recipe.yaml"), atomically: true, encoding: .utf8)
        }

        func file(_ name: String) -> URL { folder.appending(path: name) }

        func arguments(_ model: String, _ more: [String]) -> [String] {
            [
                "train", file("recipe.yaml").path, "--folder", file(model).path, "--evaluate-every", "20", "--threads",
                "1",
            ]
                + more
        }

        /// Trains to the end and returns what was said.
        @discardableResult
        func train(_ model: String, _ more: [String] = []) throws -> String {
            let outcome = try Programs.run("caravan", arguments(model, more))
            #expect(outcome.status == 0, "\(outcome.output)")
            return outcome.output
        }

        /// What must not depend on interruptions. The picture shows every step's loss and every evaluation.
        func results(_ model: String) throws -> [Data] {
            try ["weights.safetensors", "last.safetensors", "tokenizer.json", "loss.svg"].map {
                try Data(contentsOf: file(model).appending(path: $0))
            }
        }

        func log(_ model: String) throws -> [[String: Any]] {
            let text = (try? String(contentsOf: file(model).appending(path: "log.jsonl"), encoding: .utf8)) ?? ""
            return text.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
        }

        /// Step and loss of every evaluation in the log.
        func evaluations(_ model: String) throws -> [(step: Int, loss: Double, isBest: Bool)] {
            try log(model).compactMap { record in
                guard let validation = record["validation"] as? [String: Any], let step = record["step"] as? Int,
                    let loss = validation["loss"] as? Double, let isBest = record["isBest"] as? Bool
                else { return nil }
                return (step, loss, isBest)
            }
        }

        func loss(_ model: String, _ more: [String]) throws -> Double {
            let outcome = try Programs.run(
                "caravan", ["evaluate", file(model).path, file("held.txt").path, "--json", "--threads", "1"] + more)
            let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
            return try #require(json?["loss"] as? Double, "\(outcome.output)")
        }
    }

    @Test(arguments: [1, 2] as [UInt64])
    func `kill -9 at any step changes no byte of what a training leaves`(seed: UInt64) async throws {
        try await TemporaryFolder.with { folder in
            let place = try Workplace(folder)
            try place.train("calm")
            var random = SplitMix64(seed: seed)
            let program = RunningProgram(
                "caravan", place.arguments("killed", ["--save-every", "0.01"]), log: place.file("killed.txt"))
            for _ in 0..<4 {
                let lines = Int.random(in: 1...250, using: &random)
                try program.start()
                while program.isRunning, try place.log("killed").count < lines { await Task.yield() }
                program.kill()
            }
            try place.train("killed")
            #expect(try place.results("killed") == place.results("calm"), "\(program.logTail())")
            let (calm, killed) = (try place.evaluations("calm"), try place.evaluations("killed"))
            #expect(calm.count == 12)
            #expect(killed.map(\.step) == calm.map(\.step) && killed.map(\.loss) == calm.map(\.loss))
            #expect(killed.map(\.isBest) == calm.map(\.isBest))
            let steps = try place.log("killed").filter { $0["gradientNorm"] != nil }.compactMap { $0["step"] as? Int }
            #expect(steps == Array(1...240), "no step twice")
        }
    }

    @Test func `the best weights are those of the lowest validation loss, and the last ones are kept beside`() throws {
        try TemporaryFolder.with { folder in
            let place = try Workplace(folder)
            try place.train("model")
            let evaluations = try place.evaluations("model")
            let best = try #require(evaluations.min { $0.loss < $1.loss })
            let last = try #require(evaluations.last)
            #expect(best.step < last.step, "learning by heart makes the held-out text less likely")
            #expect(evaluations.last(where: \.isBest)?.step == best.step)
            // The same text as one document; the recipe's validation side has an end of text too.
            #expect(abs(try place.loss("model", []) - best.loss) < 1e-6)
            #expect(abs(try place.loss("model", ["--last"]) - last.loss) < 1e-6)
        }
    }

    @Test func `patience ends a training early, and outlives the session`() throws {
        try TemporaryFolder.with { folder in
            let place = try Workplace(folder)
            let output = try place.train("impatient", ["--patience", "2"])
            #expect(output.contains("stopped early"), "\(output)")
            let evaluations = try place.evaluations("impatient")
            let best = try #require(evaluations.firstIndex { $0.step == evaluations.last(where: \.isBest)?.step })
            #expect(evaluations.count == best + 3 && evaluations.count < 12)

            #expect(try place.train("impatient", ["--patience", "2"]).contains("stopped early"))
            #expect(try place.evaluations("impatient").count == evaluations.count, "no step more")

            try place.train("impatient", ["--patience", "4"])
            try place.train("patient", ["--patience", "4"])
            #expect(try place.evaluations("impatient").map(\.loss) == place.evaluations("patient").map(\.loss))
            #expect(try place.results("impatient") == place.results("patient"))
        }
    }

    @Test func `when the time is up it stops and says so, and more time gives the same bytes`() throws {
        try TemporaryFolder.with { folder in
            let place = try Workplace(folder)
            let output = try place.train("model", ["--minutes", "0.000001"])
            #expect(output.contains("time is up at step 0 of 240"), "\(output)")
            let refused = try Programs.run("caravan", ["generate", place.file("model").path])
            #expect(refused.status != 0 && refused.output.contains("--last"), "\(refused.output)")
            #expect(try Programs.run("caravan", ["generate", place.file("model").path, "--last"]).status == 0)
            try place.train("model")
            try place.train("whole")
            #expect(try place.results("model") == place.results("whole"))
            #expect(try place.log("model").compactMap { $0["reason"] as? String } == ["timeIsUp", "allSteps"])
        }
    }

    @Test func `baselines count the same tokens and are measured on the same as a training`() throws {
        try TemporaryFolder.with { folder in
            let place = try Workplace(folder)
            try place.train("model")
            let arguments = ["baselines", place.file("recipe.yaml").path]
            let outcome = try Programs.run("caravan", arguments + ["--model", place.file("model").path, "--json"])
            #expect(outcome.status == 0, "\(outcome.output)")
            let json = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: [String: Double]]
            let rows = try #require(json)
            #expect(Set(rows.keys) == ["unigram", "bigram", "trigram", "this model"])
            #expect(Set(rows.values.map { $0["tokens"] }).count == 1 && Set(rows.values.map { $0["bytes"] }).count == 1)
            let best = try place.evaluations("model").map(\.loss).min()
            #expect(rows["this model"]?["loss"] == best)
            #expect(try #require(rows["bigram"]?["loss"]) < #require(rows["unigram"]?["loss"]))

            // Other text makes another tokenizer.
            try String(repeating: "salt and salt\n", count: 9)
                .write(to: place.file("train.txt"), atomically: true, encoding: .utf8)
            let other = try Programs.run("caravan", arguments + ["--model", place.file("model").path])
            #expect(other.status != 0 && other.output.contains("tokenizer"), "\(other.output)")
        }
    }

    @Test func `a damaged or foreign state is refused and left alone`() throws {
        try TemporaryFolder.with { folder in
            let place = try Workplace(folder)
            try place.train("model", ["--steps", "20"])
            let state = place.file("model/state")
            let bytes = try Data(contentsOf: state)
            for place in [3, 9, 30, bytes.count - 40] { try attempt(bytes.flipping(place)) }
            for count in [0, 20, bytes.count - 1] { try attempt(bytes.prefix(count)) }
            try bytes.write(to: state)
            let foreign = try Programs.run("caravan", place.arguments("model", ["--steps", "40"]))
            #expect(foreign.status != 0 && foreign.output.contains("state"), "\(foreign.output)")

            func attempt(_ damaged: Data) throws {
                try damaged.write(to: state)
                let outcome = try Programs.run("caravan", place.arguments("model", ["--steps", "20"]))
                #expect(outcome.status != 0 && outcome.output.contains("state"), "\(outcome.output)")
                #expect(try Data(contentsOf: state) == damaged)
            }
        }
    }

    @Test(arguments: [["--patience", "0"], ["--minutes", "0"], ["--minutes", "nan"], ["--evaluate-every", "0"]])
    func `limits that make no sense are refused`(arguments: [String]) throws {
        let outcome = try Programs.run("caravan", ["train", "recipe.yaml", "--folder", "nowhere"] + arguments)
        #expect(outcome.status != 0 && outcome.output.contains(arguments[0]), "\(outcome.output)")
    }
}

extension Data {
    fileprivate func flipping(_ place: Int) -> Data {
        var bytes = self
        bytes[place] ^= 1
        return bytes
    }
}
