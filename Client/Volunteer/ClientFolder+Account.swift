import Foundation
import Transport
import WorkUnits

/// What a volunteer decides about an account and its hosts, where the account's key is.
extension ClientFolder {
    private func ownAccount() throws -> SigningKey {
        guard let key = try account() else {
            throw VolunteerFailure.folder("\(accountFile) is not here: use the folder that has your account's key")
        }
        return key
    }

    /// Lets another computer work for this folder's account.
    public func certify(
        _ host: HostID, team: String?, now: Timestamp = SystemClock.now()
    ) throws -> Signed<HostCertificate> {
        try ownAccount().certificate(
            for: host, team: try team ?? storedCertificate()?.unverified().team, at: now)
    }

    /// Takes a host out of the project.
    public func revoke(
        _ host: HostID, transport: HTTPTransport = HTTPTransport(), now: Timestamp = SystemClock.now()
    ) async throws {
        let joined = try joined()
        let account = try ownAccount()
        let body = HostRevocation(
            project: joined.project, volunteer: account.verifyingKey, host: host, stamp: RequestStamp(now))
        try await CoordinatorClient(url: joined.url, transport: transport).revoke(
            Signed(body, by: account, context: HostRevocation.signingContext))
    }

    /// Gives the account a new key. The new one is on the disk before the project learns of it.
    ///
    /// - Returns: the new key's name.
    public func replaceAccountKey(
        transport: HTTPTransport = HTTPTransport(), now: Timestamp = SystemClock.now()
    ) async throws -> VolunteerID {
        let joined = try joined()
        let host = try key().verifyingKey
        let old = try ownAccount()
        let nextFile = accountFile + ".next"
        let next = try readKey(nextFile, loss: "draw another") ?? newKey(in: nextFile)
        let body = KeyReplacement(
            project: joined.project, volunteer: old.verifyingKey, successor: next.verifyingKey, host: host,
            stamp: RequestStamp(now))
        try await CoordinatorClient(url: joined.url, transport: transport).replaceKey(
            ConfirmedReplacement(body, by: old, successor: next))
        try store(old, in: accountFile + ".old")
        try store(next, in: accountFile)
        try certify(host, by: next, team: try storedCertificate()?.unverified().team, at: now)
        unlink(nextFile)
        return next.verifyingKey
    }
}
