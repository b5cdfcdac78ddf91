extension ReadingOptions {
    /// Nothing less than a byte, and nothing that computing with it would overflow.
    var checkedLimit: Int { min(max(maximumDocumentBytes, 1), 1 << 40) }

    /// The template, or the field that is named.
    ///
    /// - Throws: for options that no file can be read with.
    func checkedTemplate(for source: String) throws(ReadingProblem) -> Template? {
        func mistaken(_ reason: String) -> ReadingProblem {
            ReadingProblem(.malformedOptions(reason: reason), at: Origin(source: source))
        }
        if separator?.utf8.contains(where: \.isLineBreak) == true {
            throw mistaken("a separator is one line: it holds no line break")
        }
        guard let template else { return field.map(Template.init(field:)) }
        do throws(MalformedTemplate) {
            return try Template(template)
        } catch {
            throw mistaken(error.description)
        }
    }
}
