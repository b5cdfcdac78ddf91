/// Why a command cannot do what was asked, in words for the person who asked. Exits with 1, without the usage.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
