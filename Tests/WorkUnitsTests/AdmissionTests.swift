import TestSupport
import Testing
import WorkUnits

/// What a registration shows of a right to join.
struct AdmissionTests {
    private let project = SigningKey.example(1)
    private let host = SigningKey.example(2)
    private let account = SigningKey.example(3)
    private let now = Timestamp(milliseconds: 1_000_000)

    private var claim: AdmissionClaim {
        AdmissionClaim(project: project.verifyingKey, host: host.verifyingKey, volunteer: account.verifyingKey)
    }

    private func registration(_ admission: Admission?, of host: SigningKey? = nil) throws -> HostRegistration {
        try (host ?? self.host).registration(
            in: project.verifyingKey, account: account, team: "red", admission: admission, at: now
        ).unverified()
    }

    private func letter(expires: Double = 60, by key: SigningKey? = nil) throws -> InvitationLetter {
        try InvitationLetter(hosts: 3, expires: now + Seconds(expires), by: key ?? project)
    }

    /// The definition, written out again.
    @Test func `a proof of work is as FORMAT says`() throws {
        let inner = Digest(
            of: Array("caravan admission 1".utf8) + [0]
                + project.verifyingKey.bytes + host.verifyingKey.bytes + account.verifyingKey.bytes)
        for nonce in [UInt64(0), 1, 0x0102_0304_0506_0708] {
            let bytes = (0..<8).map { UInt8(truncatingIfNeeded: nonce >> (8 * $0)) }
            let text = Digest(of: inner.bytes + bytes).bytes.map { byte in
                (0..<8).map { byte << $0 & 128 == 0 ? "0" : "1" }.joined()
            }.joined()
            #expect(claim.zeroBits(nonce) == text.prefix { $0 == "0" }.count)
        }
    }

    @Test func `a proof opens the door to its host alone`() throws {
        let rule = AdmissionRule.open(proofBits: 8)
        let proof = try #require(claim.proof(bits: 8))
        guard case .proof(let nonce) = proof else { return #expect(Bool(false), "\(proof)") }
        #expect(claim.zeroBits(nonce) >= 8 && (0..<nonce).allSatisfy { claim.zeroBits($0) < 8 })
        #expect(try registration(proof).joining(under: rule).admittance == .proof)
        let thief = SigningKey.example(9)
        let stolen = AdmissionClaim(
            project: claim.project, host: thief.verifyingKey, volunteer: claim.volunteer)
        try #require(stolen.zeroBits(nonce) < 8)
        #expect(throws: UnfitRegistration.self) { try registration(proof, of: thief).joining(under: rule) }
        #expect(claim.proof(bits: 256) { true } == nil)
    }

    @Test func `without a proof there is nothing to be let in for, unless nothing is asked`() throws {
        #expect(try registration(nil).joining(under: .open(proofBits: 8)).admittance == .nothing)
        #expect(try registration(nil).joining(under: .open(proofBits: 0)).admittance == .proof)
        #expect(try registration(.proof(nonce: 0)).joining(under: .invitation).admittance == .nothing)
    }

    @Test func `an invitation is used with its secret, for one host`() throws {
        let letter = try letter()
        let copy = try CanonicalJSON.decode(InvitationLetter.self, from: CanonicalJSON.encode(letter))
        let admission = claim.admission(by: copy)
        guard case .invitation(let key, 3) = try registration(admission).joining(under: .invitation).admittance else {
            return #expect(Bool(false), "not admitted")
        }
        #expect(try key == letter.invitation.unverified().key)
        // What the ledger shows of it is of no use to another host.
        #expect(throws: UnfitRegistration.self) {
            try registration(admission, of: .example(9)).joining(under: .invitation)
        }
        #expect(try registration(admission).joining(under: .open(proofBits: 8)).admittance == .nothing)
    }

    @Test func `an invitation that expired or that another project wrote is refused`() throws {
        for letter in [try letter(expires: -1), try letter(by: .example(8))] {
            let admission = claim.admission(by: letter)
            #expect(throws: UnfitRegistration.self) { try registration(admission).joining(under: .invitation) }
        }
    }

    @Test func `a certificate is for its host, by its volunteer, of a possible team`() throws {
        let rule = AdmissionRule.open(proofBits: 0)
        let good = try registration(nil).joining(under: rule)
        #expect(good.volunteer == account.verifyingKey && good.team == "red" && good.certified == now)
        var forged = try registration(nil)
        forged.certificate.signature = try registration(nil, of: .example(9)).certificate.signature
        var borrowed = try registration(nil)
        borrowed.certificate = try registration(nil, of: .example(9)).certificate
        for bad in [forged, borrowed] {
            #expect(throws: UnfitRegistration.self) { try bad.joining(under: rule) }
        }
        for team in ["", "two\nlines", String(repeating: "x", count: 33)] {
            let body = try host.registration(in: project.verifyingKey, team: team, at: now).unverified()
            #expect(throws: UnfitRegistration.self) { try body.joining(under: rule) }
        }
    }

    @Test func `a key replacement needs the signatures of both keys`() throws {
        let (old, new) = (SigningKey.example(5), SigningKey.example(6))
        let body = KeyReplacement(
            project: project.verifyingKey, volunteer: old.verifyingKey, successor: new.verifyingKey,
            host: host.verifyingKey, stamp: RequestStamp(now))
        let confirmed = try ConfirmedReplacement(body, by: old, successor: new)
        #expect(try confirmed.verified() == body)
        #expect(throws: UntrustedDocument.self) { try ConfirmedReplacement(body, by: old, successor: old).verified() }
        #expect(throws: UntrustedDocument.self) { try ConfirmedReplacement(body, by: new, successor: new).verified() }
    }
}
