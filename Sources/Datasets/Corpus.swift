import Foundation
import WorkUnits

/// The documents of files and folders, each text once.
public struct Corpus: Sendable {
    /// In the order of the paths, inside folders by name. No two have the same text.
    public let documents: [Document]
    /// How many documents were left out because an earlier one has the same text.
    public let duplicates: Int
    /// How many files were read.
    public let files: Int

    /// Reads UTF-8 text.
    ///
    /// A folder is read with all that is in it, except hidden entries. A file that is found twice, such as through a
    /// symbolic link, is read once. Documents without any visible character are skipped.
    ///
    /// - Parameters:
    ///   - paths: files and folders.
    ///   - separator: a line that divides a file into documents, such as `%`; an empty one means blank lines. nil:
    ///     every file is one document.
    ///   - patterns: shell patterns such as `*.dat`, for names or for paths below a folder; what matches is not read.
    public static func read(
        paths: [String], separator: String?, excluding patterns: [String]
    ) throws(CorpusFailure) -> Corpus {
        let files = try FileFinder.files(at: paths, excluding: patterns)
        guard !files.isEmpty else { throw .noFiles(paths: paths, excluding: patterns) }
        var documents: [Document] = []
        var seen: Set<Digest> = []
        var duplicates = 0
        for file in files {
            for document in try TextFile.documents(at: file, separator: separator) {
                if seen.insert(document.digest).inserted {
                    documents.append(document)
                } else {
                    duplicates += 1
                }
            }
        }
        guard !documents.isEmpty else { throw .noText(paths: paths) }
        return Corpus(documents: documents, duplicates: duplicates, files: files.count)
    }

    /// Divides the documents into those to train on and those to measure with. No text is in both.
    ///
    /// The seed and a text alone decide the text's rank: with the same seed, documents that are added elsewhere rarely
    /// move it to the other side.
    ///
    /// - Parameter validationShare: between 0 and 1; at least one document goes to each side.
    public func split(validationShare: Double, seed: UInt64) throws(CorpusFailure) -> CorpusSplit {
        precondition(validationShare > 0 && validationShare < 1, "a share lies between 0 and 1")
        guard documents.count >= 2 else { throw .oneDocument(source: documents.first?.source ?? "") }
        let wanted = Int((Double(documents.count) * validationShare).rounded())
        let order = documents.shuffled(seed: seed, purpose: "validation split")
        let validation = order.prefix(min(max(wanted, 1), documents.count - 1))
        let held = Set(validation.map(\.digest))
        return CorpusSplit(
            training: documents.filter { !held.contains($0.digest) },
            validation: documents.filter { held.contains($0.digest) },
            duplicates: duplicates)
    }
}

extension Corpus {
    /// Divides the documents by the files they come from: those of the matching files are measured, all others trained on.
    ///
    /// - Parameter patterns: shell patterns such as `emma.txt` or `austen/*`, for names or for the ends of paths. Each
    ///   must match some document's file.
    public func split(holdingOut patterns: [String]) throws(CorpusFailure) -> CorpusSplit {
        func matches(_ pattern: String, _ source: String) -> Bool {
            let name = (source as NSString).lastPathComponent
            return [(pattern, name), (pattern, source), ("*/" + pattern, source)].contains { fnmatch($0, $1, 0) == 0 }
        }
        let sources = Set(documents.map(\.source))
        if let pattern = patterns.first(where: { pattern in !sources.contains { matches(pattern, $0) } }) {
            throw .nothingHeldOut(pattern: pattern)
        }
        let held = sources.filter { source in patterns.contains { matches($0, source) } }
        guard held.count < sources.count else { throw .everythingHeldOut(patterns: patterns) }
        return CorpusSplit(
            training: documents.filter { !held.contains($0.source) },
            validation: documents.filter { held.contains($0.source) },
            duplicates: duplicates)
    }
}

/// The two sides of a corpus, each in the order of reading.
public struct CorpusSplit: Sendable {
    public let training: [Document]
    public let validation: [Document]
    /// How many documents the corpus left out as copies.
    public let duplicates: Int

    public init(training: [Document], validation: [Document], duplicates: Int) {
        self.training = training
        self.validation = validation
        self.duplicates = duplicates
    }
}
