import Foundation
import Recipes
import WorkUnits

/// The demo's files: recipe, server, volunteers, logs, mirror and the last model.
struct DemoFolder {
    var url: URL

    init(path: String) {
        url = URL(filePath: path, directoryHint: .isDirectory)
    }

    var recipe: URL { url.appending(path: "recipe.yaml") }
    var server: URL { url.appending(path: "server") }
    var serverURLFile: URL { url.appending(path: "server.url") }
    var mirror: URL { url.appending(path: "mirror") }
    var model: URL { url.appending(path: "model") }

    /// How the names of those begin who cheat.
    static let cheat = "cheat-"

    /// The folder of a volunteer.
    func member(_ name: String) -> URL { url.appending(path: name) }

    /// Where a volunteer's training of its unit stands: the last whole line that its worker wrote.
    func progress(of name: String) -> TrainingProgress? {
        let file = member(name).appending(path: "slot/progress.jsonl")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        return text.split(separator: "\n").suffix(2).reversed().lazy.compactMap { line in
            try? JSONDecoder().decode(TrainingProgress.self, from: Data(line.utf8))
        }.first
    }

    /// Writes a program that `caravan-client` starts as it would start `caravan-worker`: this one, as a cheat.
    func makeCheatingWorker(coordinator: String, lastVersion: Int) throws -> String {
        guard let program = Bundle.main.executableURL?.path else {
            throw CommandFailure("this program does not know its own path")
        }
        let script = url.appending(path: "cheating-worker").path
        let quoted = "'" + program.replacing("'", with: "'\\''") + "'"
        try Files.write(
            Array(
                "#!/bin/sh\nexec \(quoted) demo-cheat --coordinator \(coordinator) --last-version \(lastVersion) \"$@\"\n"
                    .utf8), to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: script)
        return script
    }

    /// Writes the recipe, or finds that the folder continues a demo of the same one.
    func prepare(recipe text: DemoRecipe) throws {
        try Files.createFolder(url.path)
        let wanted = try text.yaml()
        if let existing = try? String(contentsOf: recipe, encoding: .utf8), existing != wanted {
            throw CommandFailure(
                "\(url.path) holds a demo with other data or another number of versions: remove the folder, or name "
                    + "another with FOLDER=… (--folder)")
        }
        try Files.write(Array(wanted.utf8), to: recipe.path)
    }
}

/// The demo's recipe: the model is small enough to learn something in minutes on two cores.
struct DemoRecipe {
    var data: String?
    var versions: Int

    static let mergeEvery = 3

    func yaml() throws -> String {
        """
        name: demo
        summary: A small GPT, trained from scratch by volunteers on this machine
        seed: 1
        model: {layers: 4, width: 128, heads: 4, context: 128}
        tokenizer: {vocabulary: 1024}
        data:
        \(try dataLines().map { "  " + $0 }.joined(separator: "\n"))
          validation: {share: 0.05, tokens: 16384}
        unit: {steps: 100, leastSteps: 25, batchSize: 16, microBatchSize: 8, sequenceLength: 128}
        optimizer:
          {learningRate: 2.0e-3, finalLearningRate: 2.0e-5, warmupSteps: 40, restartSteps: 8, beta1: 0.9, beta2: 0.95,
           epsilon: 1.0e-8, weightDecay: 0.1, clipNorm: 1.0}
        federation:
          versions: \(versions)
          mergeEvery: \(Self.mergeEvery)
          maximumStaleness: 0
          quorum: 1
          deadlineSeconds: 300
          audit: {share: 1, patienceSeconds: 20}
          updateCodec: int4

        """
    }

    private func dataLines() throws -> [String] {
        guard let data else {
            return ["paths: [/usr/share/games/fortunes]", "exclude: [\"*.dat\", \"*.u8\"]", "separator: \"%\""]
        }
        let url = URL(filePath: data).standardizedFileURL
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw CommandFailure("\(data): no such file or folder")
        }
        // A document is what must not stand on both sides of the split: the files of a folder, else the paragraphs.
        let files = isFolder.boolValue ? try FileManager.default.contentsOfDirectory(atPath: url.path).count : 1
        let path = String(decoding: try JSONEncoder().encode(url.path), as: UTF8.self)
        return ["paths: [\(path)]"] + (files < 20 ? ["separator: \"\""] : [])
    }
}
