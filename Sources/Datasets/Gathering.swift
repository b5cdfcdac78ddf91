import Cleaning
import Deduplication
import Documents
import WorkUnits

/// Reads, cleans and ranks all documents and puts them into the spool. Continues where an earlier process was stopped.
struct Gathering {
    let plan: DatasetPlan
    let folder: WorkFolder
    let threads: Int
    /// Whether the first problem ends it.
    let isStrict: Bool
    /// Text bytes between two saved states.
    let bytesBetweenSaves: Int
    let progress: (PreparationProgress) throws -> Void

    func run(files: [SourceFile]) throws -> Gathered {
        let (identity, spool) = (try identity(of: files), folder.spool(for: files))
        var state =
            try folder.gathered(identity: identity)
            ?? Gathered(identity: identity, files: files, plan: plan, spool: spool)
        guard !state.isComplete else { return state }
        let writer = try SpoolWriter(spool, continuing: state.sizes)
        let search = try plan.nearDuplicates.map {
            try NearDuplicateSearch(resuming: folder.nearDuplicates, documents: state.documents, parameters: $0)
        }
        func save() throws {
            state.sizes = try writer.sync()
            try search?.sync()
            try folder.save(state, as: Gathered.fileName)
        }

        let work = try DocumentWork(plan: plan)
        var reader = BlockReader(plan: plan, files: files, position: state.position)
        var unsaved = 0
        try OrderedWork.run(threads: threads, next: { reader.next() }, transform: work.process) { block in
            for document in block.documents {
                try writer.append(
                    document.text, rank: document.rank, number: state.documents, line: document.line,
                    file: block.file)
                try search?.append(document.signature)
                state.documents += 1
            }
            state.add(block)
            if isStrict, let problem = block.problems.first { throw problem }
            try progress(state.progress)
            unsaved += block.read.bytes
            if unsaved >= bytesBetweenSaves {
                try save()
                unsaved = 0
            }
        }
        state.isComplete = true
        try save()
        return state
    }

    /// Names everything that the spool depends on.
    private func identity(of files: [SourceFile]) throws -> Digest {
        struct Identity: Encodable {
            var plan: DatasetPlan
            var files: [SourceFile]
        }
        return Digest(of: try CanonicalJSON.encode(Identity(plan: plan, files: files)))
    }
}
