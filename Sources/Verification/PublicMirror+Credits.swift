import LanguageModel
import Ledger
import WorkUnits

extension PublicMirror {
    /// What every host has earned, by a ledger that was verified to its signed head.
    ///
    /// - Parameter expectedProject: the key that the reader trusts; nil takes the mirror's own word for it.
    /// - Throws: `LedgerViolation` at the first entry that cannot be true.
    public func credits(expectedProject: ProjectID?) throws -> CreditBook {
        let signed = try document(Signed<ProjectDescription>.self, at: projectFile)
        var verifier = LedgerVerifier(project: try expectedProject ?? signed.unverified().project)
        var book = CreditBook()
        try forEachEntry { text in
            let entry = try verifier.verify(text)
            book.add(entry.record, digest: verifier.chain.head) { ParameterLayout($0).count }
        }
        try verifier.verify(head: document(Signed<LedgerHead>.self, at: headFile))
        return book
    }
}
