import Documents
import Foundation
import WorkUnits

/// One file of a dataset, as it was found and what it held then.
struct SourceFile: Codable, Hashable, Sendable {
    /// Where it is read.
    var path: String
    /// Index of its source in the plan.
    var source: Int
    /// Whether all of it is held out for validation.
    var isHeldOut: Bool
    var content: FileDigest

    /// The files of all sources, in the order of reading; a file that two sources name belongs to the first.
    ///
    /// - Parameter resolve: where a path of the plan is on this machine.
    /// - Throws: the first thing that cannot be found or looked into.
    static func find(_ plan: DatasetPlan, resolve: (String) -> String) throws -> [SourceFile] {
        var files: [SourceFile] = []
        var matched: Set<String> = []
        var seen: Set<String> = []
        for (index, source) in plan.sources.enumerated() {
            let excluded = source.reading.excluded
            let found = FileFinder.files(at: source.paths.map(resolve), excluding: excluded)
            if let problem = found.problems.first { throw problem }
            guard !found.files.isEmpty else { throw DatasetFailure.noFiles(paths: source.paths, excluding: excluded) }
            for path in found.files where seen.insert(path).inserted {
                let patterns = plan.validation.files.filter { isMatch($0, path) }
                matched.formUnion(patterns)
                files.append(
                    SourceFile(
                        path: path, source: index, isHeldOut: !patterns.isEmpty, content: try FileDigest.read(path)))
            }
        }
        if let pattern = plan.validation.files.first(where: { !matched.contains($0) }) {
            throw DatasetFailure.nothingHeldOut(pattern: pattern)
        }
        guard files.contains(where: { !$0.isHeldOut }) else {
            throw DatasetFailure.everythingHeldOut(patterns: plan.validation.files)
        }
        return files
    }

    /// Whether a shell pattern such as `emma.txt` or `austen/*` stands for the name, or the end of the path.
    private static func isMatch(_ pattern: String, _ path: String) -> Bool {
        let name = (path as NSString).lastPathComponent
        return [(pattern, name), (pattern, path), ("*/" + pattern, path)].contains { fnmatch($0, $1, 0) == 0 }
    }
}
