import Documents
import Foundation
import Testing
import TestSupport

private func folder(_ files: [String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for name in files {
        let parent = URL(filePath: folder.file(name)).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try folder.write([65], to: name)
    }
    return folder
}

/// The found files, below the folder.
private func found(_ folder: TemporaryFolder, _ patterns: [String], excluding: [String] = []) -> [String] {
    FileFinder.files(at: patterns.map { $0.isEmpty ? folder.path : folder.file($0) }, excluding: excluding).files
        .map { String($0.dropFirst(folder.path.count + 1)) }
}

@Test func `a folder is read in order, without what is hidden or excluded`() throws {
    let folder = try folder([
        "b.txt", "a.txt", "sub/c.txt", "sub/old/d.txt", ".hidden", ".git/x", "a.dat", "sub/e.dat", "Z.txt",
    ])
    #expect(found(folder, [""], excluding: ["*.dat"]) == ["Z.txt", "a.txt", "b.txt", "sub/c.txt", "sub/old/d.txt"])
    #expect(found(folder, [""], excluding: ["*.dat", "sub/old"]) == ["Z.txt", "a.txt", "b.txt", "sub/c.txt"])
    #expect(found(folder, [""], excluding: ["*.dat", "old", "Z*"]) == ["a.txt", "b.txt", "sub/c.txt"])
    #expect(found(folder, ["sub/c.txt", "a.txt", ".hidden"]) == ["sub/c.txt", "a.txt", ".hidden"])
    #expect(found(folder, ["", "a.txt"]).filter { $0 == "a.txt" }.count == 1)
}

@Test func `patterns stand for names and for folders`() throws {
    let folder = try folder([
        "a.csv", "b.csv.gz", "c.txt", "x/a.csv", "x/y/a.csv", "x/y/.h.csv", ".x/a.csv", "w[1].csv",
    ])
    #expect(found(folder, ["*.csv"]) == ["a.csv", "w[1].csv"])
    #expect(found(folder, ["?.csv*"]) == ["a.csv", "b.csv.gz"])
    #expect(found(folder, ["**/*.csv"]) == ["a.csv", "w[1].csv", "x/a.csv", "x/y/a.csv"])
    #expect(found(folder, ["**/**/a.csv"]) == ["a.csv", "x/a.csv", "x/y/a.csv"])
    #expect(found(folder, ["x/**"]) == ["x/a.csv", "x/y/a.csv"])
    #expect(found(folder, ["*/y/[a-c].csv"]) == ["x/y/a.csv"])
    #expect(found(folder, ["x*"]) == ["x/a.csv", "x/y/a.csv"])
    #expect(found(folder, [".x/*"]) == [".x/a.csv"])
    #expect(found(folder, ["w[1].csv"]) == ["w[1].csv"])
    #expect(found(folder, ["**/*.csv"], excluding: ["y", "w*"]) == ["a.csv", "x/a.csv", "x/y/a.csv"])
    #expect(found(folder, ["**/*.csv"], excluding: ["x/*"]) == ["a.csv", "w[1].csv"])
}

@Test func `a file is found once under all its names, and a cycle of folders ends`() throws {
    let folder = try folder(["a.txt", "sub/b.txt"])
    try FileManager.default.createSymbolicLink(atPath: folder.file("link.txt"), withDestinationPath: "a.txt")
    try FileManager.default.createSymbolicLink(atPath: folder.file("sub/up"), withDestinationPath: "..")
    try FileManager.default.linkItem(atPath: folder.file("a.txt"), toPath: folder.file("same.txt"))
    #expect(found(folder, [""]) == ["a.txt", "sub/b.txt"])
    #expect(found(folder, ["**/*.txt"]) == ["a.txt", "sub/b.txt"])
}

@Test func `what is missing is named, and the rest is found`() throws {
    let folder = try folder(["a.txt"])
    try FileManager.default.createSymbolicLink(atPath: folder.file("broken"), withDestinationPath: "nowhere")
    let paths = [folder.file("missing"), folder.path, folder.file("*.csv"), "/dev/null", "-", "-"]
    let found = FileFinder.files(at: paths)
    #expect(found.files == [folder.file("a.txt"), "-"])
    #expect(
        found.problems.map(\.description) == [
            "\(folder.file("missing")): there is no such file or folder",
            "\(folder.file("broken")): there is no such file or folder",
            "\(folder.file("*.csv")): no file has such a name",
            "/dev/null: cannot be read: it is neither a file nor a folder",
        ])
    #expect(FileFinder.files(at: []).files.isEmpty)
}

@Test func `a file on disk is read, and one that cannot be is refused`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("text\none\n".utf8), to: "a.csv")
    let reader = try DocumentReader(path: path)
    #expect(
        reader.next() == .document(Document(text: Array("one".utf8), origin: Origin(source: path, line: 2, byte: 5))))
    #expect(reader.next() == nil)
    #expect(throws: ReadingProblem(.missing, at: Origin(source: folder.file("b")))) {
        try DocumentReader(path: folder.file("b"))
    }
    #expect(throws: ReadingProblem(.unreadable(reason: "Is a directory"), at: Origin(source: folder.path))) {
        try DocumentReader(path: folder.path)
    }
}
