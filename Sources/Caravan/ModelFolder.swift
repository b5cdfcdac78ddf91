import Checkpoints
import Foundation
import Tokenization
import WorkUnits

/// A model as people keep it: a folder with `weights.safetensors` and `tokenizer.json`.
///
/// `caravan train` keeps more in it: there, `weights.safetensors` are the best weights by validation loss.
struct ModelFolder {
    var url: URL

    init(path: String) {
        url = URL(filePath: path, directoryHint: .isDirectory)
    }

    var weightsFile: URL { url.appending(path: "weights.safetensors") }
    var tokenizerFile: URL { url.appending(path: "tokenizer.json") }
    /// What a coordinator signed of the version that was downloaded.
    var manifestFile: URL { url.appending(path: "manifest.json") }

    /// The weights of a training's last step.
    var lastWeightsFile: URL { url.appending(path: "last.safetensors") }
    /// What a training continues from.
    var stateFile: URL { url.appending(path: "state") }
    var logFile: URL { url.appending(path: "log.jsonl") }
    var plotFile: URL { url.appending(path: "loss.svg") }

    /// - Parameter last: the last weights instead of the best.
    func weights(last: Bool) throws -> WeightsFile {
        let exists = try DurableFile.size(weightsFile.path) != nil
        if !last, !exists, try DurableFile.size(lastWeightsFile.path) != nil {
            throw CommandFailure(
                "\(weightsFile.path): nothing was measured in this training, so no weights are best; take --last, or "
                    + "continue the training")
        }
        return try WeightsFile(FileBytes(path: (last ? lastWeightsFile : weightsFile).path))
    }

    func tokenizer() throws -> Tokenizer {
        try Tokenizer(json: Files.read(tokenizerFile.path))
    }

    /// The weights and the tokenizer, if they belong together: little text can give fewer entries than the model has.
    ///
    /// - Parameter last: the last weights of a training instead of the best.
    func load(last: Bool = false) throws -> (weights: WeightsFile, tokenizer: Tokenizer) {
        let (weights, tokenizer) = (try weights(last: last), try tokenizer())
        guard weights.model.vocabulary >= tokenizer.vocabulary else {
            throw CommandFailure(
                "\(url.path): the model has \(weights.model.vocabulary) tokens, the tokenizer \(tokenizer.vocabulary): "
                    + "they do not belong together")
        }
        return (weights, tokenizer)
    }
}

/// Whole files, read and written as a command needs them.
enum Files {
    static func read(_ path: String, limit: Int = 1 << 30) throws -> [UInt8] {
        let file: FileBytes
        do {
            file = try FileBytes(path: path)
        } catch {
            throw CommandFailure("\(path): \(error.reason)")
        }
        guard file.count <= limit else { throw CommandFailure("\(path): \(file.count) bytes are more than \(limit)") }
        return try file.read(file.count, at: 0)
    }

    static func write(_ bytes: [UInt8], to path: String) throws {
        try DurableFile.write(bytes, to: path)
    }

    /// Opens a file to write at its end; makes an empty one if there is none.
    static func openForAppending(_ path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw FileFailure("open", path) }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    static func createFolder(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
}
