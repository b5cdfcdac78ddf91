import Foundation
import WorkUnits

/// Where a client keeps everything: private to its owner.
///
///     host.key       the host's private key
///     account.key    the volunteer's private key, where it is on this computer
///     certificate.json   says that the host works for the volunteer, signed with that key
///     invitation.json    lets the host into the project, where it has one
///     project.json   the pinned project
///     state.json     what the client does next
///     slot/          the unit in work
///     cache/         base checkpoints by version and digest, what leads to newer ones, and units on their way
///     feedback/      what the host's codec left out of the updates that were accepted, by project
///     head.json      the newest head of the project's ledger that was seen
///     lock           held by the running client
public struct ClientFolder: Sendable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    public var slot: String { path + "/slot" }
    var cache: String { path + "/cache" }
    func feedback(of project: ProjectID) -> String { "\(path)/feedback/\(project)" }
    private var keyFile: String { path + "/host.key" }
    private var projectFile: String { path + "/project.json" }
    private var stateFile: String { path + "/state.json" }

    /// Makes what does not exist yet, readable by the owner alone.
    func create() throws {
        for folder in [path, slot, cache] { try DurableFile.makeFolder(folder) }
    }

    /// Only one client at a time may use a folder. The lock ends with the value or with the process.
    func lock() throws -> FolderLock {
        let file = open(path + "/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw FileFailure("open", path + "/lock") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            close(file)
            throw VolunteerFailure.folder("another client is using \(path): stop it first, or choose another --folder")
        }
        return FolderLock(file: file)
    }

    /// Whether a client is running in the folder.
    func isLocked() -> Bool {
        let file = open(path + "/lock", O_RDWR | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return flock(file, LOCK_EX | LOCK_NB) != 0
    }

    /// - Returns: nil before the first join.
    func project() throws -> JoinedProject? {
        try read(projectFile)
    }

    func joined() throws -> JoinedProject {
        guard let project = try project() else {
            throw VolunteerFailure.folder(
                "\(path) has not joined a project: run 'caravan-client join URL --folder \(path)' first")
        }
        return project
    }

    func save(_ project: JoinedProject) throws {
        try store(CanonicalJSON.encode(project), in: projectFile)
    }

    /// - Returns: nil before the first run.
    func state() throws -> VolunteerState? {
        try read(stateFile)
    }

    func save(_ state: VolunteerState) throws {
        try store(CanonicalJSON.encode(state), in: stateFile)
    }

    private var headFile: String { path + "/head.json" }

    /// - Returns: nil before the first.
    func head() throws -> Signed<LedgerHead>? { try read(headFile, loss: "the ledger's past is not compared") }

    func save(_ head: Signed<LedgerHead>) throws {
        try store(CanonicalJSON.encode(head), in: headFile)
    }

    /// - Returns: the file.
    func keep(_ evidence: ForkEvidence) throws -> String {
        let bytes = try CanonicalJSON.encode(evidence)
        let file = "\(path)/evidence-\(Digest(of: bytes).short).json"
        try store(bytes, in: file)
        return file
    }

    /// The host's key, made when there is none.
    func key() throws -> SigningKey { try readKey(keyFile, loss: "become a new host") ?? newKey(in: keyFile) }

    /// - Parameter loss: what removing the file means.
    func readKey(_ file: String, loss: String) throws -> SigningKey? {
        guard let text = try bytes(of: file) else { return nil }
        let digits = String(decoding: text, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let seed = [UInt8](hexadecimal: digits), let key = SigningKey(seed: seed) else {
            throw VolunteerFailure.folder(
                "\(file) is not a key of 64 hexadecimal digits: restore it, or remove it to \(loss)")
        }
        return key
    }

    func newKey(in file: String) throws -> SigningKey {
        let key = SigningKey()
        try store(key, in: file)
        return key
    }

    func store(_ key: SigningKey, in file: String) throws {
        try store(Array("\(key.seed.hexadecimal)\n".utf8), in: file)
    }

    /// A document that the folder keeps.
    ///
    /// - Parameter loss: what removing the file means.
    func read<Value: Codable>(_ file: String, loss: String = "only the unit in work is lost") throws -> Value? {
        guard let bytes = try bytes(of: file) else { return nil }
        do {
            return try CanonicalJSON.decode(Value.self, from: bytes)
        } catch {
            throw VolunteerFailure.folder("\(file) is damaged (\(error.reason)): remove it; \(loss)")
        }
    }

    func store(_ bytes: [UInt8], in file: String) throws {
        try DurableFile.write(bytes, to: file, permissions: 0o600)
    }

    private func bytes(of file: String) throws -> [UInt8]? {
        guard FileManager.default.fileExists(atPath: file) else { return nil }
        guard let data = FileManager.default.contents(atPath: file) else { throw FileFailure("read", file) }
        return Array(data)
    }
}

/// Held while a client runs.
final class FolderLock: Sendable {
    private let file: Int32

    init(file: Int32) {
        self.file = file
    }

    deinit {
        // Explicitly: a program that is being started at this moment still shares the open file.
        flock(file, LOCK_UN)
        close(file)
    }
}

/// What a folder has joined: the key stays, the address may change.
public struct JoinedProject: Codable, Hashable, Sendable {
    public var project: ProjectID
    public var name: String
    public var url: String
    /// What this computer is called on the project's pages.
    public var hostName: String
}
