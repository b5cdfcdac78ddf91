import ArgumentParser
import Foundation
import Transport
import WorkUnits

/// `caravan witness`: watches that a coordinator tells one history, and signs that it did.
struct Witness: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Watches a project's ledger: that what it shows continues what it showed before, for everybody to know.",
        discussion: """
            Remembers the newest head that it saw, has the coordinator prove that the next one continues it, and signs it. \
            The coordinator publishes the signature, and 'caravan audit' checks it: who reads a head that witnesses signed \
            reads what they read. A history that does not continue is kept in the folder as evidence, with the coordinator's \
            own signatures, and ends the command with an error.
            """)

    @Argument(help: "The coordinator's address.")
    var url: String

    @Option(help: "Where the witness keeps its key and what it saw.")
    var folder: String

    @Option(help: "The project's public key; refuses any other. Without it the first answer's word is taken, and kept.")
    var project: String?

    @Option(help: "Seconds between two looks.")
    var every = 60.0

    @Flag(help: "Look once.")
    var once = false

    func validate() throws {
        guard (1...86_400).contains(every) else { throw ValidationError("--every must be 1 to 86400") }
    }

    func run() async throws {
        let client = try CoordinatorClient(url: url)
        let watch = WitnessFolder(path: (folder as NSString).expandingTildeInPath)
        try Files.createFolder(watch.path)
        let key = try watch.key()
        let given = try project.map(ProjectKey.parse)
        Terminal.print("witness \(key.verifyingKey)")
        while true {
            do {
                try await look(client, watch, key, given)
            } catch let failure as TransportFailure where failure.isTemporary && !once {
                Terminal.print("\(failure)")
            }
            if once { return }
            try await Task.sleep(for: .seconds(every))
        }
    }

    private func look(
        _ client: CoordinatorClient, _ watch: WitnessFolder, _ key: SigningKey, _ given: ProjectID?
    ) async throws {
        let seen = try watch.head()
        let project: ProjectID
        if let known = try given ?? seen?.unverified().project {
            project = known
        } else {
            project = try await client.project().unverified().project
        }
        let head: Signed<LedgerHead>
        do {
            head = try await client.head(after: seen, of: project)
        } catch let fork as ForkedLedger {
            let file = try watch.keep(fork.evidence)
            throw CommandFailure("\(fork); both heads, signed by the coordinator, are in \(file): publish them")
        }
        try watch.save(head)
        let body = try head.unverified()
        let word = Cosignature(
            project: project, witness: key.verifyingKey, count: body.count, root: body.root, time: SystemClock.now())
        try await client.witness(Signed(word, by: key, context: Cosignature.signingContext))
        Terminal.print("\(body.count) entries, root \(body.root.short): one history so far")
    }
}

/// What a witness keeps: `witness.key`, `head.json`, and `evidence-….json` of what it caught.
struct WitnessFolder {
    let path: String

    private var headFile: String { path + "/head.json" }

    func key() throws -> SigningKey {
        let file = path + "/witness.key"
        guard FileManager.default.fileExists(atPath: file) else {
            let key = SigningKey()
            try DurableFile.write(Array("\(key.seed.hexadecimal)\n".utf8), to: file, permissions: 0o600)
            return key
        }
        let text = String(decoding: try Files.read(file, limit: 1 << 10), as: UTF8.self)
        guard let seed = [UInt8](hexadecimal: text.trimmingCharacters(in: .whitespacesAndNewlines)),
            let key = SigningKey(seed: seed)
        else { throw CommandFailure("\(file) is not a key: restore it, or remove it to become another witness") }
        return key
    }

    /// The newest head that was seen.
    func head() throws -> Signed<LedgerHead>? {
        guard FileManager.default.fileExists(atPath: headFile) else { return nil }
        return try CanonicalJSON.decode(Signed<LedgerHead>.self, from: Files.read(headFile, limit: 1 << 16))
    }

    func save(_ head: Signed<LedgerHead>) throws {
        try Files.write(CanonicalJSON.encode(head), to: headFile)
    }

    /// - Returns: the file.
    func keep(_ evidence: ForkEvidence) throws -> String {
        let bytes = try CanonicalJSON.encode(evidence)
        let file = path + "/evidence-\(Digest(of: bytes).short).json"
        try Files.write(bytes, to: file)
        return file
    }
}
