/// Why bytes are not JSON, and where that shows.
struct MalformedJSON: Error {
    var reason: String
    var position: Int

    init(_ reason: String, at position: Int) {
        self.reason = reason
        self.position = position
    }
}
