import WorkUnits

/// Which versions a coordinator has whole: their weights, and what their outer optimizer carried.
///
/// A version that a step leads to can be made again. So its files go as soon as nobody needs them, unless it is a *snapshot*,
/// one of every `snapshotEvery` versions, from which others are made. As a value: what is there is looked up once, at the start.
package struct KeptVersions: Sendable {
    package let snapshotEvery: Int
    /// Versions that were taken note of: 0 and so on.
    package private(set) var count = 0
    private var versions: [Digest: Int] = [:]
    /// Files of snapshots.
    private var lasting: Set<Digest> = []
    /// The other versions of which files may be there.
    private var passing: [Int: Passing] = [:]

    /// A version that goes when nobody needs it.
    package struct Passing: Sendable {
        package var version: Int
        /// What leads to it.
        var step: Digest
        /// The weights last: while they are there, a start looks for the others as well.
        package var files: [Digest]
    }

    package init(snapshotEvery: Int) {
        precondition(snapshotEvery > 0)
        self.snapshotEvery = snapshotEvery
    }

    package func isSnapshot(_ version: Int) -> Bool { version.isMultiple(of: snapshotEvery) }

    /// The version whose weights have gone.
    package func removed(_ weights: Digest) -> Int? {
        versions[weights].flatMap { isSnapshot($0) || passing[$0] != nil ? nil : $0 }
    }

    /// Takes note of the next version.
    package mutating func add(_ manifest: CheckpointManifest) {
        let files = (manifest.state?.blobs ?? []).map(\.digest) + [manifest.weights.weights]
        if let step = manifest.step, !isSnapshot(manifest.version) {
            passing[manifest.version] = Passing(version: manifest.version, step: step.digest, files: files)
        } else {
            lasting.formUnion(files)
        }
        addRemoved(manifest.weights.weights)
    }

    /// Takes note of the next version, whose files have gone.
    package mutating func addRemoved(_ weights: Digest) {
        versions[weights] = versions[weights] ?? count
        count += 1
    }

    /// Versions that nobody needs, oldest first, without the files that they share with one that stays.
    ///
    /// - Parameters:
    ///   - newest: stays, as do later ones.
    ///   - bases: stay: hosts are at them.
    package func expendable(newest: Int, bases: Set<Int>) -> [Passing] {
        func stays(_ version: Int) -> Bool { version >= newest || bases.contains(version) }
        guard passing.keys.contains(where: { !stays($0) }) else { return [] }
        let shared = passing.values.filter { stays($0.version) }.reduce(into: lasting) { $0.formUnion($1.files) }
        return passing.values.filter { !stays($0.version) }.sorted { $0.version < $1.version }.map { passing in
            var passing = passing
            passing.files.removeAll(where: shared.contains)
            return passing
        }
    }

    /// The files of a version have gone.
    package mutating func remove(_ version: Int) { passing[version] = nil }
}
