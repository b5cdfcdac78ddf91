import WorkUnits

extension SigningKey {
    /// How the host of this key introduces itself to a project; without an account it is a volunteer of its own.
    public func registration(
        in project: ProjectID, account: SigningKey? = nil, team: String? = nil, name: String = "a computer",
        processors: Int = 2, admission: Admission? = nil, certified: Timestamp? = nil, nonce: UInt64? = nil,
        at time: Timestamp
    ) throws -> Signed<HostRegistration> {
        let account = account ?? self
        let certificate = HostCertificate(
            volunteer: account.verifyingKey, host: verifyingKey, team: team, issued: certified ?? time)
        let body = HostRegistration(
            project: project, host: verifyingKey, name: name, software: "test 1", processors: processors,
            certificate: try Signed(certificate, by: account, context: HostCertificate.signingContext),
            admission: admission, stamp: nonce.map { RequestStamp(time, nonce: $0) } ?? RequestStamp(time))
        return try Signed(body, by: self, context: HostRegistration.signingContext)
    }
}
