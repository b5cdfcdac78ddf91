import Federation
import Ledger
import Synchronization
import WorkUnits

/// Who takes part. Every change is a signed document, and an entry of the ledger.
extension Coordinator {
    /// The body of a request that is signed for this project and was not sent before.
    nonisolated func verified<Body: SignedRequest>(_ signed: Signed<Body>) throws(Refusal) -> Body {
        let body = try signed.verified(for: projectID)
        guard let stamp = body.uniqueStamp else { return body }
        let now = now()
        try replays.withLock { (window: inout ReplayWindow) throws(Refusal) in
            try window.admit(stamp, of: body.signer, at: now)
        }
        return body
    }

    public nonisolated func register(_ signed: Signed<HostRegistration>) async throws {
        let registration = try verified(signed)
        let joining: Joining
        do {
            joining = try registration.joining(under: admission)
        } catch {
            throw Refusal(.forbidden, error.description)
        }
        _ = try await propose(Proposal(.joined(joining), recording: .joined(signed)))
    }

    public nonisolated func revoke(_ signed: Signed<HostRevocation>) async throws {
        let revocation = try verified(signed)
        _ = try await propose(
            Proposal(.revoked(revocation.host, by: revocation.volunteer), recording: .revoked(signed)))
    }

    public nonisolated func replaceKey(_ confirmed: ConfirmedReplacement) async throws {
        let replacement = try verified(confirmed.replacement)
        do {
            _ = try confirmed.verified()
        } catch {
            throw Refusal(.unauthorized, "the new key has to confirm that it replaces the old one: \(error)")
        }
        _ = try await propose(
            Proposal(
                .keyReplaced(replacement.volunteer, by: replacement.successor, host: replacement.host),
                recording: .keyReplaced(confirmed)))
    }

    /// What the project's people decided, signed with the project's key.
    public nonisolated func ban(_ signed: Signed<AccountBan>) async throws {
        let ban = try verified(signed)
        _ = try await propose(Proposal(.banned(ban.volunteer, ban.isBanned), recording: .banned(signed)))
    }
}
