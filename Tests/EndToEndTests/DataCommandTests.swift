import Foundation
import TestSupport
import Testing

/// `caravan data`, as people call it.
@Suite struct DataCommandTests {
    private static let table = """
        act,prompt\r\n"Poet, old","Write a poem\nof two lines"\r\nCook,"Say ""salt"" twice"\r\nlost\r\nGuide,Name a hill\r\n
        """

    private func folder() throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        try folder.write(Array(Self.table.utf8), to: "prompts.csv")
        let text = (0..<400).map { "Paragraph \($0) says the same as no other, \($0 * $0) times." }.joined(
            separator: "\n\n")
        try folder.write(Array(text.utf8), to: "long.txt")
        return folder
    }

    private func pack(_ folder: TemporaryFolder, to name: String) -> [String] {
        [
            "data", "pack", folder.file("long.txt"), "--separator", "", "--vocabulary", "400", "--shard-tokens", "1001",
            "-o", folder.file(name),
        ]
    }

    @Test func `a table becomes shards by one command, and the row that is broken is named`() throws {
        let folder = try folder()
        let outcome = try Programs.run(
            "caravan",
            [
                "data", "pack", folder.file("prompts.csv"), "--template", "{act}: {prompt}", "--vocabulary", "257",
                "--shard-tokens", "20", "--license", "CC0-1.0", "-o", folder.file("out"),
            ])
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(outcome.output.contains("prompts.csv, line 5, byte 80"))
        #expect(outcome.output.contains("documents     3"))
        let manifest = String(decoding: try folder.read("out/dataset.json"), as: UTF8.self)
        #expect(manifest.contains("\"license\":\"CC0-1.0\""))
        let shards = try FileManager.default.contentsOfDirectory(atPath: folder.file("out/shards"))
        for shard in shards { #expect(manifest.contains(shard)) }
        #expect(shards.count > 2)
        #expect(try folder.read("out/report.html").count > 1000)
        #expect(!FileManager.default.fileExists(atPath: folder.file("out/.work")))
    }

    @Test func `a strict command ends with the broken row and leaves no dataset`() throws {
        let folder = try folder()
        let outcome = try Programs.run(
            "caravan",
            [
                "data", "pack", folder.file("prompts.csv"), "--template", "{act}: {prompt}", "--strict", "-o",
                folder.file("out"),
            ])
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("prompts.csv, line 5"))
        #expect(!FileManager.default.fileExists(atPath: folder.file("out/dataset.json")))
    }

    @Test func `a disk that fills up ends it with advice, and the same command goes on to the same bytes`() throws {
        let folder = try folder()
        let clean = try Programs.run("caravan", pack(folder, to: "clean"))
        #expect(clean.status == 0, "\(clean.output)")
        let program = try Programs.path("caravan").path
        for blocks in [1, 8, 20] {
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", "ulimit -f \(blocks); exec \"$0\" \"$@\"", program] + pack(folder, to: "full")
            let errors = Pipe()
            process.standardError = errors
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            let message = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 1, "\(message)")
            #expect(message.contains("free some space"))
            #expect(!FileManager.default.fileExists(atPath: folder.file("full/dataset.json")))
        }
        let again = try Programs.run("caravan", pack(folder, to: "full"))
        #expect(again.status == 0, "\(again.output)")
        for name in ["dataset.json", "tokenizer.json", "report.html"] {
            #expect(try folder.read("full/\(name)") == folder.read("clean/\(name)"))
        }
    }

    @Test func `a dataset is made again from its manifest, elsewhere, and another file is found out`() throws {
        let folder = try folder()
        #expect(try Programs.run("caravan", pack(folder, to: "out")).status == 0)
        try FileManager.default.moveItem(atPath: folder.file("long.txt"), toPath: folder.file("moved.txt"))
        let verify = ["data", "verify", folder.file("out/dataset.json"), "--source"]
        let same = try Programs.run("caravan", verify + ["text=\(folder.file("moved.txt"))"])
        #expect(same.status == 0, "\(same.output)")
        #expect(same.output.contains("byte for byte"))

        let text = String(decoding: try folder.read("moved.txt"), as: UTF8.self)
        try folder.write(Array(text.replacing("Paragraph 7 says", with: "Paragraph 7 said").utf8), to: "other.txt")
        let other = try Programs.run("caravan", verify + ["text=\(folder.file("other.txt"))"])
        #expect(other.status == 1)
        #expect(other.output.contains("the files of source 'text' are not those"))
        let unknown = try Programs.run("caravan", verify + ["words=\(folder.file("other.txt"))"])
        #expect(unknown.output.contains("has no source 'words': its sources are text"))
    }

    @Test func `documents come cleaned, and divided into two files that share none`() throws {
        let folder = try folder()
        let input = "one  line \n%\nanother\u{0} line\n%\none  line \n%\nthe last"
        let cleaned = try Programs.run(
            "caravan", ["data", "clean", "-", "--separator", "%", "-o", folder.file("clean.jsonl")], input: input)
        #expect(cleaned.status == 0, "\(cleaned.output)")
        let lines = String(decoding: try folder.read("clean.jsonl"), as: UTF8.self).split(separator: "\n")
        #expect(lines.count == 4)
        #expect(lines[1].contains("\"line\":3") && lines[1].contains("\"text\":\"another line\""))

        let packed = try ["one", "two"].map { name in
            let outcome = try Programs.run(
                "caravan",
                ["data", "pack", "-", "--separator", "%", "--shard-tokens", "20", "-o", folder.file(name)], input: input
            )
            #expect(outcome.status == 0, "\(outcome.output)")
            return try folder.read("\(name)/dataset.json")
        }
        #expect(packed[0] == packed[1], "where standard input waits is no part of the dataset")

        let split = try Programs.run(
            "caravan", ["data", "split", "-", "--separator", "%", "-o", folder.file("sides")], input: input)
        #expect(split.status == 0, "\(split.output)")
        let sides = try ["training", "validation"].map { side in
            Set(String(decoding: try folder.read("sides/\(side).jsonl"), as: UTF8.self).split(separator: "\n"))
        }
        #expect(sides[0].count == 2 && sides[1].count == 1)
    }

    @Test func `names without a folder mean the current one`() throws {
        let folder = try folder()
        let inspected = try Programs.run(
            "caravan", ["data", "inspect", "long.txt", "--report", "report.html"], in: folder.path)
        #expect(inspected.status == 0, "\(inspected.output)")
        #expect(try folder.read("report.html").count > 1000)
        let cleaned = try Programs.run(
            "caravan", ["data", "clean", "./long.txt", "-o", "clean.jsonl"], in: folder.path)
        #expect(cleaned.status == 0, "\(cleaned.output)")
        #expect(try folder.read("clean.jsonl").count > 1000)
    }

    @Test func `looking at text needs no second document, and text that is not there is named`() throws {
        let folder = try folder()
        let one = try Programs.run(
            "caravan", ["data", "inspect", folder.file("long.txt"), "--report", folder.file("report.html")])
        #expect(one.status == 0, "\(one.output)")
        #expect(one.output.contains("documents     1"))
        #expect(try folder.read("report.html").count > 1000)
        let none = try Programs.run("caravan", ["data", "inspect", folder.file("nothing")])
        #expect(none.status == 1)
        #expect(none.output.contains("nothing: there is no such file or folder"))
        let column = try Programs.run(
            "caravan", ["data", "inspect", folder.file("prompts.csv"), "--template", "{akt}"])
        #expect(column.status == 1)
        #expect(column.output.contains("did you mean 'act'?"))
    }
}
