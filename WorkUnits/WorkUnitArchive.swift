/// A work unit as it travels: an archive of kind `unit` whose payload is the unit's part of a token shard.
public struct WorkUnitArchive: Hashable, Sendable {
    public let unit: WorkUnit
    /// `unit.tokenCount` ids below `unit.model.vocabulary`.
    public let tokens: [UInt32]

    /// A unit of a whole shard has its very chunks: nothing is compressed again.
    ///
    /// - Parameter shard: the token shard archive that `unit.shard` names.
    /// - Throws: `MalformedArchive` for what `decode` would refuse, and for a shard that is not the unit's.
    public static func encode(_ unit: WorkUnit, shard: [UInt8]) throws -> [UInt8] {
        let layout = try checkedLayout(of: unit)
        let (archive, shardLayout) = try TokenShard.open(shard)
        guard Digest(of: shard) == unit.shard else {
            throw MalformedArchive("the shard is not \(unit.shard.short), which the unit names")
        }
        guard unit.firstToken <= shardLayout.count - layout.count, shardLayout.vocabulary <= layout.vocabulary else {
            throw MalformedArchive(
                "a shard of \(shardLayout.count) tokens below \(shardLayout.vocabulary) does not fit a unit of "
                    + "\(layout.count) below \(layout.vocabulary) from token \(unit.firstToken) on")
        }
        let chunks =
            layout.count == shardLayout.count
            ? try archive.chunks.indices.map { try Archive.Packed($0, of: archive) }
            : try layout.pack(
                shardLayout.tokens(of: archive, in: unit.firstToken..<unit.firstToken + layout.count))
        return try Archive.encode(.unit, manifest: unit, chunks: chunks)
    }

    public static func decode(_ bytes: any RandomAccessBytes) throws(MalformedArchive) -> WorkUnitArchive {
        let archive = try Archive(bytes, expecting: .unit)
        let unit = try archive.manifest(as: WorkUnit.self)
        return WorkUnitArchive(
            unit: unit, tokens: try checkedLayout(of: unit).tokens(of: archive, in: 0..<unit.tokenCount))
    }

    private static func checkedLayout(of unit: WorkUnit) throws(MalformedArchive) -> TokenLayout {
        guard unit.format == WorkUnit.currentFormat else {
            throw MalformedArchive("unit format \(unit.format) is not \(WorkUnit.currentFormat): update this software")
        }
        guard unit.index >= 0, unit.base.version >= 0, unit.base.bytes > 0, unit.firstToken >= 0 else {
            throw MalformedArchive("a unit's index, base version, base size and first token cannot be negative")
        }
        do {
            try unit.model.validate()
            try unit.training.validate(for: unit.model)
        } catch {
            throw MalformedArchive("setting \(error)")
        }
        guard unit.tokenCount > unit.training.sequenceLength else {
            throw MalformedArchive(
                "\(unit.tokenCount) tokens are no sequence of \(unit.training.sequenceLength) and the one after it")
        }
        return try TokenLayout(count: unit.tokenCount, vocabulary: unit.model.vocabulary)
    }
}
