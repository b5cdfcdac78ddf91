import Testing

/// Holds the import rules of docs/architecture.md against the source tree.
struct ImportRuleTests {
    let tree: SourceTree

    init() throws {
        tree = try SourceTree()
    }

    @Test func `the tree and the manifest were found`() throws {
        #expect(tree.files.count > 50)
        #expect(try tree.targets().count > 30)
    }

    @Test func `a target depends only on targets declared above it`() throws {
        var declared: Set = ["COpenBLAS", "CZlib", "CCurl", "CKernels", "CUpdates"]
        for target in try tree.targets() {
            for dependency in target.dependencies {
                #expect(declared.contains(dependency), "\(target.name) depends on \(dependency), which stands below it")
            }
            declared.insert(target.name)
        }
    }

    @Test func `a file imports only what its target declares`() throws {
        let targets = try tree.targets()
        let ours = Set(targets.map(\.name)).union(["COpenBLAS", "CZlib", "CCurl", "CKernels", "CUpdates"])
        for target in targets {
            for file in tree.files(in: target.folder) {
                for module in file.imports where ours.contains(module) {
                    #expect(target.dependencies.contains(module), "\(file.path) imports \(module)")
                }
            }
        }
    }

    @Test(arguments: [
        ("GRDB", "Server/Store"), ("Hummingbird", "Server/HTTP"), ("CCurl", "Client/Transport"),
        ("Yams", "Sources/Recipes"),
        ("Crypto", "WorkUnits"), ("CZlib", "Sources/Compression"), ("COpenBLAS", "Sources/Kernels"),
        ("CKernels", "Sources/Kernels"), ("CUpdates", "WorkUnits"),
    ])
    func `an outside library has one importer`(library: String, folder: String) {
        let importers = tree.files.filter { $0.imports.contains(library) && !$0.path.hasPrefix("Tests/") }
        #expect(!importers.isEmpty)
        for file in importers {
            #expect(file.path.hasPrefix(folder + "/"), "\(file.path) imports \(library)")
        }
    }

    @Test(arguments: ["Sources/Kernels", "Sources/Federation", "Sources/Aggregation", "Sources/Ledger"])
    func `arithmetic and rules do without Foundation`(folder: String) {
        for file in tree.files(in: folder) {
            #expect(!file.imports.contains("Foundation"), "\(file.path)")
        }
    }

    @Test func `server and client never import each other`() throws {
        let targets = try tree.targets()
        let server = Set(targets.filter { $0.folder.hasPrefix("Server/") }.map(\.name))
        let client = Set(targets.filter { $0.folder.hasPrefix("Client/") }.map(\.name))
        for file in tree.files(in: "Server") {
            #expect(client.isDisjoint(with: file.imports), "\(file.path)")
        }
        for file in tree.files(in: "Client") {
            #expect(server.isDisjoint(with: file.imports), "\(file.path)")
        }
        for file in tree.files(in: "Client/Worker") {
            #expect(!file.imports.contains("Transport"), "\(file.path): a worker has no network")
        }
    }

    @Test func `the current time is read in one file`() {
        let readers = tree.files.filter { file in
            !file.path.hasPrefix("Tests/") && file.lines.contains { $0.contains("Date()") || $0.contains("Date.now") }
        }
        #expect(readers.map(\.path) == ["WorkUnits/SystemClock.swift"])
    }

    @Test func `randomness is a seeded generator passed in`() {
        for file in tree.files where !file.path.hasPrefix("Tests/StructureTests") {
            for (number, line) in file.lines.enumerated() {
                let draws = line.contains(".random(in:") && !line.contains("using:")
                #expect(!draws && !line.contains("SystemRandomNumberGenerator("), "\(file.path):\(number + 1)")
            }
        }
    }

    @Test func `a module does not share its name with a type inside it`() throws {
        for target in try tree.targets() where !target.folder.hasPrefix("Tests/") {
            let declaration = try Regex("\\b(struct|class|enum|actor|protocol) \(target.name)\\b")
            for file in tree.files(in: target.folder) {
                #expect(!file.lines.contains { $0.contains(declaration) }, "\(file.path)")
            }
        }
    }
}
