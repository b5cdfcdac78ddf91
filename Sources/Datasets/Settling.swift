import Deduplication
import WorkUnits

/// Decides which documents of the spool are part of the dataset, and in which order: writes what is kept.
struct Settling {
    let plan: DatasetPlan
    let folder: WorkFolder
    let gathered: Gathered
    let threads: Int
    let progress: (PreparationProgress) throws -> Void

    func run() throws -> Settled {
        if let settled: Settled = try folder.read(Settled.fileName) { return settled }
        let near = try plan.nearDuplicates.map { parameters in
            try NearDuplicateSearch(
                resuming: folder.nearDuplicates, documents: gathered.documents, parameters: parameters
            ).finish(threads: threads)
        }
        var settled = Settled(sources: plan.sources.count)
        var examples = NearExamples(near?.samples ?? [])
        let spool = folder.spool(for: gathered.files)
        var file = try DurableFile(path: spool.keptPath, isEmptied: true)
        for bucket in spool.buckets {
            var kept: [UInt8] = []
            var previous: Rank?
            for record in try spool.sortedRecords(bucket: bucket) {
                let source = gathered.files[record.file].source
                if record.rank == previous {
                    settled.copies[source].add(record.length)
                } else if near?.isRemoved(record.number) == true {
                    settled.nearCopies[source].add(record.length)
                } else {
                    settled.kept[source].add(record.length)
                    kept += record.encoded
                }
                previous = record.rank
                try examples.collect(record, from: spool)
            }
            settled.keptInBucket.append(kept.count / SpoolRecord.size)
            try file.append(kept)
            try progress(PreparationProgress(stage: .comparing, done: bucket + 1, total: spool.bucketCount))
        }
        try file.sync()
        settled.nearExamples = examples.found(files: gathered.files)
        try settled.divide(by: plan, problem: gathered.problems.first)
        try folder.save(settled, as: Settled.fileName)
        return settled
    }
}
