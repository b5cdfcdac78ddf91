import WorkUnits

extension LedgerHead {
    /// The newest entry that is not the one which this head was signed over; nil when all are.
    ///
    /// A verified head vouches for the last entry's digest, that entry for the one before, and so on backwards: the first
    /// that does not match was changed. What stands before it cannot be judged from there.
    ///
    /// - Parameter text: the entry at an index, 0 ..< `count`; asked from the last one down.
    public func changedEntry(_ text: (Int) throws -> String) rethrows -> Int? {
        var expected = digest
        for index in (0..<count).reversed() {
            let bytes = Array(try text(index).utf8)
            guard Digest(of: bytes) == expected,
                let entry = try? CanonicalJSON.decode(
                    LedgerEntry.self, from: bytes, limit: LedgerVerifier.maximumEntryBytes)
            else { return index }
            expected = entry.previous
        }
        return nil
    }
}
