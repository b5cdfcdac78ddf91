import Cleaning
import Yams

extension CleaningStep {
    /// A step as a recipe writes it, such as `nfc` or `length: {minimum: 200}`.
    public init(parsing text: String) throws(CleaningFailure) {
        guard let node = try? Yams.compose(yaml: text) else { throw .unknownStep(text) }
        try self.init(node)
    }

    fileprivate init(_ node: Node) throws(CleaningFailure) {
        do {
            self = try YAMLDecoder().decode(CleaningStep.self, from: node)
        } catch let failure as CleaningFailure {
            throw failure
        } catch DecodingError.dataCorrupted(let context) {
            throw context.underlyingError as? CleaningFailure ?? .unknownStep(node.scalar?.string ?? "of this form")
        } catch {
            throw .unknownStep(node.scalar?.string ?? "of this form")
        }
    }
}

extension RecipeSection {
    /// A list of steps, or the name of a list.
    func cleaningSteps(_ key: String) throws(RecipeFailure) -> [CleaningStep] {
        let node = try require(key)
        if let list = node.scalar?.string {
            guard let steps = CleaningStep.lists[list] else {
                throw failure(
                    key,
                    "must be a list of steps, or one of \(CleaningStep.lists.keys.sorted().joined(separator: ", "))")
            }
            return steps
        }
        guard let nodes = node.sequence else { throw failure(key, "must be a list of steps") }
        var steps: [CleaningStep] = []
        for node in nodes {
            do {
                steps.append(try CleaningStep(node))
            } catch {
                throw failure(key, "\(error)")
            }
        }
        return steps
    }
}

extension CleaningStep {
    /// Lists of steps by the names that a recipe may write instead.
    fileprivate static let lists = ["none": [], "standard": standard, "webPages": webPages]
}
