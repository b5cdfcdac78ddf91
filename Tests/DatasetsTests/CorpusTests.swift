import Datasets
import Foundation
import Testing
import TestSupport

private func folder(_ files: [String: String]) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for (name, text) in files {
        let parent = URL(filePath: folder.file(name)).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
        try folder.write(Array(text.utf8), to: name)
    }
    return folder
}

private func texts(_ paths: [String], separator: String? = nil, excluding: [String] = []) throws -> [String] {
    try Corpus.read(paths: paths, separator: separator, excluding: excluding).documents.map(\.text)
}

@Test func `a folder is read in order, without what is hidden or excluded`() throws {
    let folder = try folder([
        "b.txt": "two", "a.txt": "one", "sub/c.txt": "three", "sub/old/d.txt": "four", ".hidden": "no", ".git/x": "no",
        "a.dat": "no", "sub/e.dat": "no", "Z.txt": "zero",
    ])
    #expect(try texts([folder.path], excluding: ["*.dat"]) == ["zero", "one", "two", "three", "four"])
    #expect(try texts([folder.path], excluding: ["*.dat", "sub/old"]) == ["zero", "one", "two", "three"])
    #expect(try texts([folder.path], excluding: ["*.dat", "old", "Z*"]) == ["one", "two", "three"])
    #expect(try texts([folder.file("sub/c.txt"), folder.file("a.txt")]) == ["three", "one"])
}

@Test func `a file is read once under all its names, and a cycle of folders ends`() throws {
    let folder = try folder(["a.txt": "one", "sub/b.txt": "two"])
    try FileManager.default.createSymbolicLink(atPath: folder.file("link.txt"), withDestinationPath: "a.txt")
    try FileManager.default.createSymbolicLink(atPath: folder.file("sub/up"), withDestinationPath: "..")
    let corpus = try Corpus.read(paths: [folder.path, folder.file("a.txt")], separator: nil, excluding: [])
    #expect(corpus.documents.map(\.text) == ["one", "two"])
    #expect(corpus.files == 2)
    #expect(corpus.duplicates == 0)
}

@Test func `a line equal to the separator divides documents`() throws {
    let folder = try folder(["jokes": "one\n%\n\n  two\nlines\n%\n%\n \n%\r\n100% three\r\n%%\n%"])
    let corpus = try Corpus.read(paths: [folder.path], separator: "%", excluding: [])
    #expect(corpus.documents.map(\.text) == ["one", "  two\nlines", "100% three\r\n%%"])
    #expect(corpus.documents.map(\.line) == [1, 4, 10])
    #expect(corpus.documents.allSatisfy { $0.source == folder.file("jokes") })
    #expect(try texts([folder.path]).count == 1)
}

@Test func `an empty separator divides at blank lines`() throws {
    let folder = try folder(["a": "\n\none\nmore\n\n\n\r\ntwo\r\n\r\nthree"])
    #expect(try texts([folder.path], separator: "") == ["one\nmore", "two", "three"])
}

@Test func `exact duplicates are kept once and counted`() throws {
    let folder = try folder(["a": "same\n%\nother\n%\nsame", "b": "\nsame\n\n", "c": "same "])
    let corpus = try Corpus.read(paths: [folder.path], separator: "%", excluding: [])
    #expect(corpus.documents.map(\.text) == ["same", "other", "same "])
    #expect(corpus.duplicates == 2)
}

@Test func `bytes that are not UTF-8 are named by file and position`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array("caf\u{E9} ".utf8) + [0x80, 0x41], to: "latin.txt")
    #expect(throws: CorpusFailure.notText(path: path, byte: 6)) { try texts([folder.path]) }
    try folder.write([0x41, 0xE2, 0x82], to: "latin.txt")
    #expect(throws: CorpusFailure.notText(path: path, byte: 1)) { try texts([path]) }
}

@Test func `data that is missing, empty or no file is refused`() throws {
    let folder = try folder(["empty": "", "blank": " \n\t\n", "a.dat": "x"])
    let missing = folder.file("missing")
    #expect(throws: CorpusFailure.missing(path: missing)) { try texts([missing]) }
    #expect(throws: CorpusFailure.noText(paths: [folder.path])) { try texts([folder.path], excluding: ["*.dat"]) }
    #expect(throws: CorpusFailure.noFiles(paths: [folder.path], excluding: ["*"])) {
        try texts([folder.path], excluding: ["*"])
    }
    #expect(throws: CorpusFailure.noFiles(paths: [], excluding: [])) { try texts([]) }
    #expect(throws: CorpusFailure.unreadable(path: "/dev/null", reason: "it is neither a file nor a folder")) {
        try texts(["/dev/null"])
    }
    try FileManager.default.createSymbolicLink(atPath: folder.file("broken"), withDestinationPath: "nowhere")
    #expect(throws: CorpusFailure.missing(path: folder.file("broken"))) { try texts([folder.path]) }
}
