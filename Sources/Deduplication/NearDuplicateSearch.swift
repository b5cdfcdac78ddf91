import Foundation
import WorkUnits

/// Finds documents that resemble earlier ones, of any number of documents, in a folder on the disk.
///
/// **The rule.** In the order of their numbers, a document is removed if its signature has at least `threshold` equal
/// values with that of an earlier document that is *kept* and shares a band with it. So every removed document is like
/// one that stays, and of A like B like C, where A and C are not alike, B alone goes. Of the documents that share one band
/// and are kept, the first 16 are compared (`BucketTable.width`): text around which thousands of unlike documents are
/// built costs no more than that, and is still caught by the other bands.
///
/// **Disk**: 4 bytes for each value of each signature, during `finish` 12 more for each band, and 64 for each band that
/// documents share. **Memory**: one bit for each document and about 100 MB, whatever their number.
///
/// One thread at a time. What was appended before a `sync` that returned can be taken up after a crash.
public final class NearDuplicateSearch {
    public let parameters: MinHashParameters
    /// Documents appended so far: the number of the next one.
    public private(set) var documents: Int
    let folder: String
    private var file: DurableFile
    private var pending: [UInt32] = []

    /// Begins a search in a folder, which is made if need be; one that was there is forgotten.
    public convenience init(folder: String, parameters: MinHashParameters) throws(DeduplicationFailure) {
        try self.init(folder: folder, documents: 0, parameters)
    }

    /// Takes up a search after its first `documents` documents, which had been synced; later ones are forgotten.
    ///
    /// - Parameter parameters: those it began with.
    /// - Throws: `DeduplicationFailure.missingSignatures` when the folder holds fewer.
    public convenience init(
        resuming folder: String, documents: Int, parameters: MinHashParameters
    ) throws(DeduplicationFailure) {
        try self.init(folder: folder, documents: documents, parameters)
    }

    private init(folder: String, documents: Int, _ parameters: MinHashParameters) throws(DeduplicationFailure) {
        try parameters.validate()
        self.parameters = parameters
        self.folder = folder
        self.documents = documents
        do throws(FileFailure) {
            try DurableFile.makeFolder(folder)
            file = try DurableFile(path: folder + "/signatures", permissions: 0o600)
        } catch {
            throw .file(error)
        }
        let size = parameters.permutations * 4
        guard documents >= 0, documents <= Self.limit(parameters), file.size >= documents * size else {
            throw .missingSignatures(expected: documents, found: file.size / size, path: file.path)
        }
        do throws(FileFailure) { try file.truncate(to: documents * size) } catch { throw .file(error) }
    }

    /// Documents and the bands that they share have numbers of 32 bits.
    static func limit(_ parameters: MinHashParameters) -> Int {
        min(Int(UInt32.max) - 1, (1 << 33) / parameters.bands)
    }

    /// Takes the next document's signature, of `permutations` values.
    public func append(_ signature: [UInt32]) throws(DeduplicationFailure) {
        precondition(signature.count == parameters.permutations, "a signature made with other parameters")
        guard documents < Self.limit(parameters) else {
            throw .tooManyDocuments(limit: Self.limit(parameters))
        }
        pending += signature
        documents += 1
        if pending.count >= 1 << 18 { try flush() }
    }

    /// Returns when all that was appended is on the disk.
    public func sync() throws(DeduplicationFailure) {
        try flush()
        do throws(FileFailure) { try file.sync() } catch { throw .file(error) }
    }

    func flush() throws(DeduplicationFailure) {
        do throws(FileFailure) {
            try pending.withUnsafeBufferPointer { (numbers) throws(FileFailure) in
                try file.append(UnsafeRawBufferPointer(numbers))
            }
        } catch {
            throw .file(error)
        }
        pending.removeAll(keepingCapacity: true)
    }
}
