import Foundation
import TestSupport

/// The kernels and their digests as a program for a processor that this machine need not have: made by the Swift toolchain's
/// own clang, run by QEMU.
struct EmulatedProgram: Sendable {
    enum Architecture: String {
        case arm64 = "aarch64"
        case x86 = "x86_64"
    }

    /// Something that this machine lacks, and how to get it.
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private let architecture: Architecture
    private let folder: TemporaryFolder

    /// Made once.
    static func made(for architecture: Architecture) throws -> EmulatedProgram {
        try (architecture == .arm64 ? arm64 : x86).get()
    }

    private static let arm64 = Result { try EmulatedProgram(.arm64) }
    private static let x86 = Result { try EmulatedProgram(.x86) }

    private init(_ architecture: Architecture) throws {
        (self.architecture, folder) = (architecture, try TemporaryFolder())
        let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let kernels = tests.deletingLastPathComponent().appending(path: "Sources/CKernels")
        let digests = tests.appending(path: "KernelDigests")
        let sources =
            ["loops_baseline.c", "loops_avx2.c"].map { kernels.appending(path: $0) }
            + ["digests.c", "program.c"].map { digests.appending(path: $0) }
        let headers = [kernels, digests].map { "-I" + $0.appending(path: "include").path }
        let made = try Self.run(
            try Self.clang(),
            ["--target=\(architecture.rawValue)-linux-gnu", "-O3", "-ffp-contract=off", "-DKD_WITHOUT_DISPATCH"]
                + ["-ffreestanding", "-fno-stack-protector", "-nostdlib", "-static", "-fuse-ld=lld"]
                + headers + sources.map(\.path) + ["-o", folder.file("digests")])
        guard made.status == 0 else { throw Missing(description: "clang cannot build the kernels:\n\(made.output)") }
    }

    /// The lines that the program prints on a kind of processor, without one for the emulator's own choice.
    func lines(instructionSet: Int, processor: String?) throws -> [String] {
        let emulator = "qemu-\(architecture.rawValue)"
        guard let path = Self.onPath(emulator) ?? Self.onPath(emulator + "-static") else {
            throw Missing(
                description: "\(emulator) is missing: `make setup` installs it (on Debian: apt-get install qemu-user)")
        }
        let choice = processor.map { ["-cpu", $0] } ?? []
        let ended = try Self.run(path, choice + [folder.file("digests"), "\(instructionSet)"])
        guard ended.status == 0 else {
            throw Missing(
                description: "\(emulator) ended with \(ended.status); AVX2 needs QEMU 7.2 or newer:\n\(ended.output)")
        }
        return ended.output.split(separator: "\n").map(String.init)
    }

    /// The one beside `swift`, which has a linker for other processors.
    private static func clang() throws -> String {
        let swift = onPath("swift").map { URL(filePath: $0) }
        for place in [swift?.resolvingSymlinksInPath(), swift] {
            let path = place?.deletingLastPathComponent().appending(path: "clang").path ?? ""
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        throw Missing(
            description: "no clang beside swift: install the toolchain from https://www.swift.org/install/linux")
    }

    private static func onPath(_ name: String) -> String? {
        let folders = ProcessInfo.processInfo.environment["PATH"]?.split(separator: ":") ?? []
        return folders.map { "\($0)/\(name)" }.first(where: FileManager.default.isExecutableFile(atPath:))
    }

    private static func run(_ path: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let folder = try TemporaryFolder()
        let file = try folder.write([], to: "output")
        let handle = try FileHandle(forWritingTo: URL(filePath: file))
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: try folder.read("output"), as: UTF8.self))
    }
}
