// swift-tools-version: 6.2
import PackageDescription

// Reads top to bottom: a target depends only on targets declared above it. The folders say which part of the world a
// target is in: WorkUnits is what travels, Sources what is true, Server and Client what touches the outside, Tests how
// we know. `Tests/StructureTests` holds the manifest and the import rules of docs/architecture.md against the tree.

let swiftSettings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

// MARK: Outside libraries, one importer each

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

func library(
    _ name: String, in folder: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [],
    resources: [Resource]? = nil
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: folder, exclude: exclude, resources: resources,
        swiftSettings: swiftSettings)
}

func executable(
    _ name: String, in folder: String, _ dependencies: [Target.Dependency], exclude: [String] = []
) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: folder, exclude: exclude, swiftSettings: swiftSettings)
}

func test(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources,
        swiftSettings: swiftSettings)
}

let package = Package(
    name: "caravan",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "caravan", targets: ["Caravan"]),
        .executable(name: "caravan-server", targets: ["ServerCommand"]),
        .executable(name: "caravan-client", targets: ["ClientCommand"]),
        .executable(name: "caravan-worker", targets: ["WorkerCommand"]),
        .executable(name: "caravan-benchmarks", targets: ["Benchmarks"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.80.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.20.0", traits: []),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        // MARK: System libraries and C
        .systemLibrary(
            name: "COpenBLAS", path: "Sources/COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CZlib", path: "Sources/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CCurl", path: "Sources/CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .target(name: "CKernels", path: "Sources/CKernels", cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])]),
        .target(name: "CUpdates", path: "Sources/CUpdates", cSettings: [.unsafeFlags(["-O3", "-ffp-contract=off"])]),

        // MARK: WorkUnits: what travels, and what packs it
        library("Compression", in: "Sources/Compression", ["CZlib"]),
        library("WorkUnits", in: "WorkUnits", ["CUpdates", "Compression", crypto], exclude: ["FORMAT.md"]),

        // MARK: Sources: what is true
        library("Kernels", in: "Sources/Kernels", ["COpenBLAS", "CKernels"]),
        library("LanguageModel", in: "Sources/LanguageModel", ["WorkUnits", "Kernels"]),
        library("Training", in: "Sources/Training", ["WorkUnits", "Kernels", "LanguageModel"]),
        library("Tokenization", in: "Sources/Tokenization", ["WorkUnits"]),
        library("Documents", in: "Sources/Documents", ["Compression"]),
        library("Cleaning", in: "Sources/Cleaning", ["WorkUnits"]),
        library("Deduplication", in: "Sources/Deduplication", ["WorkUnits"]),
        library("Pages", in: "Sources/Pages"),
        library(
            "Datasets", in: "Sources/Datasets",
            ["WorkUnits", "Tokenization", "Documents", "Cleaning", "Deduplication", "Pages"]),
        library("Checkpoints", in: "Sources/Checkpoints", ["WorkUnits", "LanguageModel"]),
        library("Federation", in: "Sources/Federation", ["WorkUnits"]),
        library("Ledger", in: "Sources/Ledger", ["WorkUnits"]),
        library("Aggregation", in: "Sources/Aggregation", ["WorkUnits", "LanguageModel", "Checkpoints"]),
        library(
            "Verification", in: "Sources/Verification",
            [
                "WorkUnits", "Kernels", "LanguageModel", "Training", "Checkpoints", "Federation", "Ledger",
                "Aggregation",
            ]),
        library(
            "Recipes", in: "Sources/Recipes",
            [
                "WorkUnits", "LanguageModel", "Tokenization", "Documents", "Cleaning", "Deduplication", "Datasets",
                "Federation", yams,
            ]),
        library("Charts", in: "Sources/Charts"),
        library("Coordination", in: "Sources/Coordination", ["WorkUnits", "Federation", "Ledger"]),
        library(
            "Simulator", in: "Sources/Simulator",
            [
                "WorkUnits", "LanguageModel", "Training", "Tokenization", "Documents", "Pages", "Datasets",
                "Checkpoints",
                "Federation", "Ledger", "Coordination", "Aggregation", "Verification", "Recipes", "Charts",
            ]),

        // MARK: Server: what hosts a project
        library(
            "Hosting", in: "Server/Hosting",
            [
                "WorkUnits", "Kernels", "LanguageModel", "Training", "Tokenization", "Datasets", "Checkpoints",
                "Federation",
                "Ledger", "Aggregation", "Verification", "Recipes", "Coordination",
            ]),
        library("Store", in: "Server/Store", ["WorkUnits", "Federation", "Ledger", "Coordination", grdb]),
        library("Dashboard", in: "Server/Dashboard", ["WorkUnits", "Pages"]),
        library(
            "HTTPServer", in: "Server/HTTP",
            [
                "WorkUnits", "Coordination", "Dashboard", hummingbird, hummingbirdCore, httpTypes, nioCore, logging,
                serviceLifecycle,
            ],
            resources: [.embedInCode("openapi.yaml")]),
        executable(
            "ServerCommand", in: "Server/Command",
            [
                "WorkUnits", "Recipes", "Coordination", "Hosting", "Store", "HTTPServer", argumentParser, logging,
                serviceLifecycle, unixSignals,
            ]),

        // MARK: Client: what lends a computer
        library("Worker", in: "Client/Worker", ["WorkUnits", "Kernels", "LanguageModel", "Training", "Checkpoints"]),
        executable("WorkerCommand", in: "Client/WorkerCommand", ["WorkUnits", "Worker", argumentParser]),
        library("Transport", in: "Client/Transport", ["WorkUnits", "Ledger", "CCurl"]),
        library("Volunteer", in: "Client/Volunteer", ["WorkUnits", "Transport"]),
        executable("ClientCommand", in: "Client/Command", ["WorkUnits", "Transport", "Volunteer", argumentParser]),

        // MARK: The workbench and the benchmarks
        executable(
            "Caravan", in: "Sources/Caravan",
            [
                "WorkUnits", "Kernels", "LanguageModel", "Training", "Tokenization", "Documents", "Cleaning",
                "Deduplication", "Pages", "Datasets", "Checkpoints", "Ledger", "Aggregation", "Verification", "Recipes",
                "Charts", "Simulator", "Transport", argumentParser,
            ]),
        library("CMachine", in: "Benchmarks/CMachine"),
        executable(
            "Benchmarks", in: "Benchmarks",
            [
                "WorkUnits", "Kernels", "LanguageModel", "Training", "Tokenization", "Deduplication", "Checkpoints",
                "Federation", "Aggregation", "Verification", "Recipes", "Coordination", "Hosting", "Store", "CMachine",
                argumentParser,
            ],
            exclude: ["CMachine", "data", "headlines", "overhead", "peers", "simulations", "README.md"]),

        // MARK: Tests: how we know
        library("TestSupport", in: "Tests/TestSupport", ["Compression", "WorkUnits"]),
        library(
            "SimulationSupport", in: "Tests/SimulationSupport",
            ["WorkUnits", "Federation", "Ledger", "Coordination", "Simulator", "TestSupport"]),
        library(
            "KernelDigests", in: "Tests/KernelDigests", ["CKernels"], exclude: ["program.c"]),
        test("StructureTests", []),
        test("CompressionTests", ["Compression", "TestSupport"]),
        test("WorkUnitsTests", ["CUpdates", "WorkUnits", "TestSupport"], resources: [.copy("Golden")]),
        test("KernelsTests", ["Kernels", "TestSupport", "KernelDigests"]),
        test("LanguageModelTests", ["WorkUnits", "Kernels", "LanguageModel", "TestSupport"]),
        test(
            "TrainingTests", ["WorkUnits", "Kernels", "LanguageModel", "Training", "TestSupport"],
            resources: [.copy("Fixtures")]),
        test("DocumentsTests", ["Compression", "Documents", "TestSupport"]),
        test("TokenizationTests", ["Tokenization", "TestSupport"], resources: [.copy("Golden")]),
        test("CleaningTests", ["Cleaning", "TestSupport"]),
        test("DeduplicationTests", ["Deduplication", "TestSupport"]),
        test(
            "DatasetsTests",
            ["WorkUnits", "Tokenization", "Documents", "Cleaning", "Deduplication", "Datasets", "TestSupport"]),
        test(
            "RecipesTests",
            ["WorkUnits", "Tokenization", "Documents", "Cleaning", "Datasets", "Recipes", "TestSupport"]),
        test("ChartsTests", ["Charts", "TestSupport"]),
        test("CheckpointsTests", ["WorkUnits", "LanguageModel", "Checkpoints", "TestSupport"]),
        test("LedgerTests", ["WorkUnits", "Ledger", "TestSupport"]),
        test("AggregationTests", ["WorkUnits", "LanguageModel", "Checkpoints", "Aggregation", "TestSupport"]),
        test(
            "VerificationTests",
            [
                "WorkUnits", "LanguageModel", "Training", "Checkpoints", "Ledger", "Aggregation", "Verification",
                "TestSupport",
            ]),
        test("FederationTests", ["WorkUnits", "Federation", "TestSupport"]),
        test(
            "CoordinationTests",
            ["WorkUnits", "Federation", "Ledger", "Coordination", "TestSupport", "SimulationSupport"]),
        test(
            "SimulationTests",
            ["WorkUnits", "Federation", "Ledger", "Coordination", "TestSupport", "SimulationSupport"]),
        test(
            "SimulatorTests", ["WorkUnits", "Tokenization", "Recipes", "Simulator", "TestSupport"]),
        test(
            "StoreTests",
            ["WorkUnits", "Federation", "Ledger", "Coordination", "Store", "TestSupport", "SimulationSupport"]),
        test("DashboardTests", ["WorkUnits", "Dashboard"]),
        test(
            "HTTPServerTests",
            [
                "WorkUnits", "Federation", "Coordination", "HTTPServer", "TestSupport", "SimulationSupport",
                hummingbirdTesting,
                httpTypes, logging, nioCore, yams,
            ]),
        test(
            "HostingTests",
            [
                "WorkUnits", "LanguageModel", "Training", "Checkpoints", "Federation", "Ledger", "Verification",
                "Coordination", "Recipes", "Hosting", "Store", "TestSupport", "SimulationSupport",
            ]),
        test(
            "WorkerTests",
            ["WorkUnits", "Kernels", "LanguageModel", "Training", "Checkpoints", "Worker", "TestSupport"]),
        test("TransportTests", ["WorkUnits", "Ledger", "Transport", "TestSupport"]),
        test("VolunteerTests", ["WorkUnits", "Transport", "Volunteer", "TestSupport"]),
        test("EndToEndTests", ["WorkUnits", "Transport", "TestSupport"]),
    ],
    swiftLanguageModes: [.v6]
)
