import Foundation
import TestSupport
import Testing

/// What a person sees who gives the programs something wrong: an exit status, a reason, nothing half-written.
struct CommandLineTests {
    /// Runs a program that has to fail, and returns what it said.
    private func refusal(_ program: String, _ arguments: [String]) throws -> String {
        let outcome = try Programs.run(program, arguments)
        #expect(outcome.status != 0, "\(program) \(arguments.joined(separator: " ")) succeeded:\n\(outcome.output)")
        #expect(!outcome.output.contains("Fatal error"), "\(outcome.output)")
        return outcome.output
    }

    @Test(arguments: ["caravan", "caravan-server", "caravan-client", "caravan-worker"])
    func `every program explains itself`(program: String) throws {
        let outcome = try Programs.run(program, ["--help"])
        #expect(outcome.status == 0)
        #expect(outcome.output.contains("USAGE: \(program)"))
    }

    @Test func `missing, empty, non-UTF-8 and too short data are refused with the file's name`() throws {
        try TemporaryFolder.with { folder in
            let recipe = folder.appending(path: "recipe.yaml")
            let text = folder.appending(path: "text.txt")
            try TestProject.recipe(versions: 2).write(to: recipe, atomically: true, encoding: .utf8)
            let server = folder.appending(path: "server").path
            func attempt() throws -> String {
                try refusal("caravan-server", ["run", recipe.path, "--folder", server, "--port", "0"])
            }
            #expect(try attempt().contains("text.txt"))
            try Data().write(to: text)
            #expect(try attempt().contains("text.txt"))
            try Data([0x61, 0xFF, 0xFE, 0x62]).write(to: text)
            #expect(try attempt().contains("text.txt"))
            try Data("too\n\nshort\n".utf8).write(to: text)
            _ = try attempt()
            #expect(!FileManager.default.fileExists(atPath: server + "/project.json"))
        }
    }

    @Test func `a recipe with an impossible value is refused with its line`() throws {
        try TemporaryFolder.with { folder in
            let recipe = folder.appending(path: "recipe.yaml")
            try TestProject.recipe(versions: 2).replacingOccurrences(of: "heads: 2", with: "heads: 5")
                .write(to: recipe, atomically: true, encoding: .utf8)
            let output = try refusal("caravan-server", ["check", recipe.path])
            #expect(output.contains("recipe.yaml:4"), "\(output)")
            #expect(output.contains("heads"), "\(output)")
        }
    }

    @Test func `files that are not what they should be are refused`() throws {
        try TemporaryFolder.with { folder in
            let junk = folder.appending(path: "junk")
            try Data("no such thing".utf8).write(to: junk)
            #expect(try refusal("caravan", ["inspect", junk.path]).contains("junk"))
            #expect(try refusal("caravan", ["inspect", junk.path + ".missing"]).contains("missing"))
            #expect(try refusal("caravan", ["generate", folder.path]).contains("weights.safetensors"))
            #expect(try refusal("caravan", ["audit", folder.path]).contains("project.json"))
            _ = try refusal("caravan-worker", ["--slot", folder.path])
            _ = try refusal("caravan-client", ["run", "--folder", folder.appending(path: "client").path])
        }
    }

    @Test func `a tokenizer made on the command line gives any text back`() throws {
        try TemporaryFolder.with { folder in
            let text = folder.appending(path: "text.txt")
            let tokenizer = folder.appending(path: "tokenizer.json").path
            try String(repeating: "The camels rest beside the well. ", count: 50)
                .write(to: text, atomically: true, encoding: .utf8)
            let trained = try Programs.run(
                "caravan", ["tokenizer", "train", text.path, "--vocabulary", "280", "--output", tokenizer])
            #expect(trained.status == 0, "\(trained.output)")
            let sentence = "Ein Kamel — ラクダ 🐫 rests\n"
            let ids = try Programs.run("caravan", ["tokenizer", "encode", "--tokenizer", tokenizer], input: sentence)
            #expect(ids.status == 0, "\(ids.output)")
            let decoded = try Programs.run(
                "caravan", ["tokenizer", "decode", "--tokenizer", tokenizer], input: ids.output)
            #expect(decoded.output == sentence)
            #expect(
                try refusal("caravan", ["tokenizer", "decode", "--tokenizer", tokenizer, "999999"]).contains("999999"))
        }
    }
}
