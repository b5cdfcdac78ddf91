/// Where a ledger stops being true.
public struct LedgerViolation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The entry's index by its place in the chain; for a head, the number of entries before it.
    public var entry: Int
    /// The field of the entry, as a path of JSON keys; `text` when the entry cannot be read at all.
    public var field: String
    public var expected: String
    public var found: String

    public var description: String {
        "ledger entry \(entry): \(field) should be \(expected), but is \(found)"
    }
}
