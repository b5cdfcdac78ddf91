import Foundation

extension Recipe {
    /// The text of a recipe's file, to parse and to publish.
    public static func text(ofFileAt path: String) throws(RecipeFailure) -> String {
        let bytes: Foundation.Data
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            bytes = try file.read(upToCount: maximumBytes + 1) ?? Foundation.Data()
        } catch {
            throw RecipeFailure(path: path, line: nil, reason: "cannot be read: \(error.localizedDescription)")
        }
        guard bytes.count <= maximumBytes else {
            throw RecipeFailure(path: path, line: nil, reason: "more than the \(maximumBytes) bytes of a recipe")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RecipeFailure(path: path, line: nil, reason: "is not UTF-8 text")
        }
        return text
    }
}
