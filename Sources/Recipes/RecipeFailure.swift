/// Why a recipe is refused, and where: `recipe.yaml:4: width: 100 is not divisible by 3 heads`.
public struct RecipeFailure: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    /// From 1; nil when the whole file is meant.
    public var line: Int?
    public var reason: String

    public init(path: String, line: Int?, reason: String) {
        self.path = path
        self.line = line
        self.reason = reason
    }

    public var description: String {
        "\(path):\(line.map { "\($0):" } ?? "") \(reason)"
    }
}
