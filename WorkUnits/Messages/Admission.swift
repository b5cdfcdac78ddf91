/// Whom a project lets in.
public enum AdmissionRule: Codable, Hashable, Sendable {
    /// Every host that shows a proof of work of so many bits: 2^bits hashes on average. 0 asks for none.
    case open(proofBits: Int)
    /// Hosts that the project's maintainer invited.
    case invitation

    /// More takes a computer days.
    public static let proofBits = 0...40
    /// About half a second of one core; see docs/performance.md.
    public static let standard = AdmissionRule.open(proofBits: 20)
}

/// Why a project lets a host in.
public enum Admission: Codable, Hashable, Sendable {
    /// A number that makes the host's `AdmissionClaim` hash to something rare.
    case proof(nonce: UInt64)
    /// - Parameter claim: the signature of the invitation's key over the `AdmissionClaim`.
    case invited(invitation: Signed<Invitation>, claim: Signature)
}

/// What an admission is for: nobody else can use it.
public struct AdmissionClaim: Hashable, Sendable {
    public var project: ProjectID
    public var host: HostID
    public var volunteer: VolunteerID

    public static let context = "caravan admission 1"

    public init(project: ProjectID, host: HostID, volunteer: VolunteerID) {
        self.project = project
        self.host = host
        self.volunteer = volunteer
    }

    var bytes: [UInt8] { project.bytes + host.bytes + volunteer.bytes }

    /// The zero bits that SHA-256 of this claim and the nonce begins with (Back, "Hashcash", 2002):
    /// SHA-256(SHA-256(context · zero byte · project · host · volunteer) · nonce), the nonce in 8 bytes, the lowest first.
    public func zeroBits(_ nonce: UInt64) -> Int { ProofOfWork(self).zeroBits(nonce) }

    /// The least nonce that gives so many bits.
    ///
    /// - Parameter isCancelled: asked now and then.
    /// - Returns: nil when cancelled.
    public func proof(bits: Int, isCancelled: () -> Bool = { false }) -> Admission? {
        let work = ProofOfWork(self)
        var nonce: UInt64 = 0
        while work.zeroBits(nonce) < bits {
            nonce += 1
            if nonce.isMultiple(of: 1 << 16), isCancelled() { return nil }
        }
        return .proof(nonce: nonce)
    }

    /// What the holder of an invitation shows.
    public func admission(by letter: InvitationLetter) -> Admission {
        .invited(invitation: letter.invitation, claim: letter.key.sign(bytes, context: Self.context))
    }

    func isValid(_ signature: Signature, by key: VerifyingKey) -> Bool {
        key.isValid(signature, for: bytes, context: Self.context)
    }
}

private struct ProofOfWork {
    private let prefix: [UInt8]

    init(_ claim: AdmissionClaim) {
        prefix = Digest(of: Array(AdmissionClaim.context.utf8) + [0] + claim.bytes).bytes
    }

    func zeroBits(_ nonce: UInt64) -> Int {
        var hasher = DigestHasher()
        hasher.update(prefix)
        withUnsafeBytes(of: nonce.littleEndian) { hasher.update($0) }
        let digest = hasher.finish().bytes
        guard let first = digest.firstIndex(where: { $0 != 0 }) else { return 256 }
        return 8 * first + digest[first].leadingZeroBitCount
    }
}

/// Lets hosts into a project, signed by the project. Public once it is used; what it is used with stays secret.
public struct Invitation: Codable, Hashable, Sendable {
    public var project: ProjectID
    /// Who has the other half of this key is invited.
    public var key: VerifyingKey
    /// How many hosts it lets in.
    public var hosts: Int
    public var expires: Timestamp

    public static let signingContext = "caravan invitation 1"

    public init(project: ProjectID, key: VerifyingKey, hosts: Int, expires: Timestamp) {
        self.project = project
        self.key = key
        self.hosts = hosts
        self.expires = expires
    }
}

/// What an invited volunteer is given: the invitation, and the secret to use it with.
public struct InvitationLetter: Codable, Sendable {
    public let invitation: Signed<Invitation>
    private let secret: String
    let key: SigningKey

    /// - Parameter project: the project's key, which signs.
    public init(hosts: Int, expires: Timestamp, by project: SigningKey) throws {
        key = SigningKey()
        secret = key.seed.hexadecimal
        invitation = try Signed(
            Invitation(project: project.verifyingKey, key: key.verifyingKey, hosts: hosts, expires: expires),
            by: project, context: Invitation.signingContext)
    }

    private enum CodingKeys: CodingKey {
        case invitation, secret
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        invitation = try container.decode(Signed<Invitation>.self, forKey: .invitation)
        secret = try container.decode(String.self, forKey: .secret)
        guard let seed = [UInt8](hexadecimal: secret), let key = SigningKey(seed: seed) else {
            throw DecodingError.dataCorruptedError(
                forKey: .secret, in: container, debugDescription: "a secret has 64 hexadecimal digits")
        }
        self.key = key
    }
}
