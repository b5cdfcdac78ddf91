import Checkpoints
import Foundation
import Tokenization
import WorkUnits

/// A model as people keep it: a folder with `weights.safetensors` and `tokenizer.json`.
struct ModelFolder {
    var url: URL

    init(path: String) {
        url = URL(filePath: path, directoryHint: .isDirectory)
    }

    var weightsFile: URL { url.appending(path: "weights.safetensors") }
    var tokenizerFile: URL { url.appending(path: "tokenizer.json") }

    func weights() throws -> WeightsFile {
        try WeightsFile(FileBytes(path: weightsFile.path))
    }

    func tokenizer() throws -> Tokenizer {
        try Tokenizer(json: Files.read(tokenizerFile.path))
    }

    /// The weights and the tokenizer, if they belong together: little text can give fewer entries than the model has.
    func load() throws -> (weights: WeightsFile, tokenizer: Tokenizer) {
        let (weights, tokenizer) = (try weights(), try tokenizer())
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
