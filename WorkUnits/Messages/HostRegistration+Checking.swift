/// A registration as the rules see it, after every signature in it was verified.
public struct Joining: Codable, Hashable, Sendable {
    public var host: HostID
    public var volunteer: VolunteerID
    public var team: String?
    public var certified: Timestamp
    public var admittance: Admittance

    /// What a registration shows of a right to join.
    public enum Admittance: Codable, Hashable, Sendable {
        case nothing
        case proof
        /// - Parameter hosts: how many the invitation of this key lets in.
        case invitation(VerifyingKey, hosts: Int)
    }

    /// - Parameter volunteer: nil for a host that is a volunteer of its own.
    public init(
        host: HostID, volunteer: VolunteerID? = nil, team: String? = nil,
        certified: Timestamp = Timestamp(milliseconds: 0), admittance: Admittance = .proof
    ) {
        self.host = host
        self.volunteer = volunteer ?? host
        self.team = team
        self.certified = certified
        self.admittance = admittance
    }
}

/// A registration whose documents do not make a member, whoever reads them.
public struct UnfitRegistration: Error, Hashable, Sendable, CustomStringConvertible {
    /// What to do about it, too.
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}

extension HostRegistration {
    /// Checks what the documents alone tell: the certificate is the volunteer's for this host, and the admission, where there
    /// is one, is for this host and as the project's rule wants it. The host's own signature is the caller's to verify.
    public func joining(under rule: AdmissionRule) throws(UnfitRegistration) -> Joining {
        let certificate: HostCertificate
        do {
            certificate = try self.certificate.verified(context: HostCertificate.signingContext, by: \.volunteer)
        } catch {
            throw UnfitRegistration("the host's certificate cannot be trusted: \(error)")
        }
        guard certificate.host == host else {
            throw UnfitRegistration(
                "the certificate is for host \(certificate.host.short), not \(host.short): certify this one")
        }
        guard certificate.team.map(HostCertificate.isTeam) ?? true else {
            throw UnfitRegistration("a team's name is one line of 1 to 32 characters")
        }
        return Joining(
            host: host, volunteer: certificate.volunteer, team: certificate.team, certified: certificate.issued,
            admittance: try admittance(
                of: AdmissionClaim(project: project, host: host, volunteer: certificate.volunteer), under: rule))
    }

    private func admittance(
        of claim: AdmissionClaim, under rule: AdmissionRule
    ) throws(UnfitRegistration) -> Joining.Admittance {
        switch (rule, admission) {
        case (.open(proofBits: 0), _): return .proof
        case (_, nil): return .nothing
        case (.open(let bits), .proof(let nonce)):
            guard claim.zeroBits(nonce) >= bits else {
                throw UnfitRegistration("the proof of work has fewer than \(bits) bits: compute another")
            }
            return .proof
        case (.invitation, .invited(let signed, let signature)):
            let invitation: Invitation
            do {
                invitation = try signed.verified(by: project, context: Invitation.signingContext)
            } catch {
                throw UnfitRegistration("the invitation is not this project's: \(error)")
            }
            guard invitation.project == project, claim.isValid(signature, by: invitation.key) else {
                throw UnfitRegistration("the invitation was not used for this host by whom it was given to")
            }
            guard stamp.time <= invitation.expires else {
                throw UnfitRegistration("the invitation has expired: ask the project's people for another")
            }
            return .invitation(invitation.key, hosts: invitation.hosts)
        case (.open, .invited), (.invitation, .proof): return .nothing
        }
    }
}
