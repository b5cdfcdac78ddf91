import ArgumentParser
import Datasets
import Deduplication

/// How copies are found and the sides divided.
struct DivisionArguments: ParsableArguments {
    @Flag(help: "Keep documents that resemble another one. Exact copies are left out in any case.")
    var keepNearDuplicates = false

    @Option(
        help: "From which similarity on, 0.5 to 1, a document counts as a near-duplicate (Jaccard, of words in a row).")
    var similarity = MinHashParameters().threshold

    @Option(help: "The share of the documents that is held out.")
    var validationShare = 0.05

    @Option(help: "Hold out the files of this name, whole, instead of a share; may be given several times.")
    var holdOut: [String] = []

    @Option(help: "Draws the order and the sides.")
    var seed: UInt64 = 1

    func validate() throws {
        guard (0.5...1).contains(similarity) else { throw ValidationError("--similarity must be 0.5 to 1") }
        guard validationShare > 0, validationShare < 1 else {
            throw ValidationError("--validation-share must be between 0 and 1")
        }
    }

    var nearDuplicates: MinHashParameters? {
        guard !keepNearDuplicates else { return nil }
        var parameters = MinHashParameters()
        parameters.threshold = similarity
        return parameters
    }

    func validation(maximumTokens: Int) -> DatasetPlan.Validation {
        DatasetPlan.Validation(share: validationShare, files: holdOut, maximumTokens: maximumTokens)
    }
}
