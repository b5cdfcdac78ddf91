import Cleaning
import Datasets
import Deduplication
import Documents

extension Recipe.Data {
    static let keys = DatasetPlan.Source.keys + ["sources", "clean", "duplicates", "validation", "passageSequences"]

    init(_ section: RecipeSection, name: String, sequenceLength: Int) throws(RecipeFailure) {
        if section.isGiven("sources") {
            if let key = DatasetPlan.Source.keys.first(where: section.isGiven) {
                throw section.failure(key, "belongs into one of data.sources")
            }
            sources = []
            for source in try section.sections("sources", keys: ["name", "weight"] + DatasetPlan.Source.keys) {
                sources.append(try DatasetPlan.Source(source, name: source.text("name", length: 1...64)))
            }
            guard !sources.isEmpty else { throw section.failure("sources", "at least one is needed") }
            let weights = sources.count { $0.weight != nil }
            guard weights == 0 || weights == sources.count else {
                throw section.failure("sources", "either all of them have a weight, or none has")
            }
        } else {
            sources = [try DatasetPlan.Source(section, name: name)]
        }
        clean = section.isGiven("clean") ? try section.cleaningSteps("clean") : CleaningStep.standard
        nearDuplicates = try Self.nearDuplicates(
            section.section("duplicates", keys: ["near", "similarity"], isOptional: true))
        validation = try Recipe.Validation(
            section.section("validation", keys: ["share", "files", "tokens"], isOptional: true),
            sequenceLength: sequenceLength)
        let longest = max(DatasetPlan.passageRange.upperBound / max(sequenceLength, 1), 1)
        passageSequences = try section.integer("passageSequences", in: 1...longest, default: min(8, longest))
    }

    private static func nearDuplicates(_ section: RecipeSection) throws(RecipeFailure) -> MinHashParameters? {
        guard try section.flag("near", default: true) else { return nil }
        var parameters = MinHashParameters()
        let similarity = try section.number("similarity", default: parameters.threshold)
        guard similarity >= 0.5, similarity <= 1 else {
            throw section.failure("similarity", "\(similarity) is not between 0.5 and 1")
        }
        parameters.threshold = similarity
        return parameters
    }
}

extension DatasetPlan.Source {
    /// What may be said of the files of one source.
    static let keys = [
        "paths", "exclude", "format", "separator", "field", "template", "documentMegabytes", "license", "origin",
    ]

    init(_ section: RecipeSection, name: String) throws(RecipeFailure) {
        let paths = try section.texts("paths")
        guard !paths.isEmpty else { throw section.failure("paths", "at least one file or folder is needed") }
        func text(_ key: String, _ length: ClosedRange<Int>) throws(RecipeFailure) -> String? {
            section.isGiven(key) ? try section.text(key, length: length) : nil
        }
        var reading = ReadingOptions()
        reading.excluded = section.isGiven("exclude") ? try section.texts("exclude") : []
        reading.format = section.isGiven("format") ? try section.choice("format", default: .text) : nil
        reading.separator = try text("separator", 0...100)
        reading.field = try text("field", 1...200)
        reading.template = try text("template", 1...2000)
        reading.maximumDocumentBytes = try section.integer("documentMegabytes", in: 1...256, default: 32) << 20
        self.init(
            name: name, paths: paths, reading: reading, weight: try Self.weight(section),
            license: try text("license", 1...200), origin: try text("origin", 1...500))
    }

    private static func weight(_ section: RecipeSection) throws(RecipeFailure) -> Double? {
        guard section.contains("weight"), section.isGiven("weight") else { return nil }
        let weight = try section.number("weight")
        guard weight > 0, weight <= 1e6 else { throw section.failure("weight", "\(weight) is not above 0") }
        return weight
    }
}
